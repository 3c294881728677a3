import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { readText } from '../../src/config/document.ts';
import { count, validate } from '../../src/validate/engine.ts';
import { judgeExample } from '../../src/validate/explain.ts';
import { SEVERITIES } from '../../src/validate/finding.ts';
import type { ConfigRule, Rule } from '../../src/validate/rule.ts';
import { RULE_IDS, RULES } from '../../src/validate/rules/list.ts';

const WORKER = 'name: w\nsystem_prompt: hi\n';
const rule = (id: string, check: ConfigRule['check'], severity: Rule['severity'] = 'error'): ConfigRule => ({
  id,
  severity,
  scope: 'config',
  kinds: 'all',
  summary: '',
  why: '',
  hint: '',
  example: {},
  check,
});
const atRoot = (id: string, severity?: Rule['severity']): ConfigRule =>
  rule(id, ({ root }, report) => report({ start: root.start, end: root.start + 1 }, id), severity);

test('every rule says what it is about', () => {
  assert.equal(new Set(RULE_IDS).size, RULES.length);
  for (const rule of RULES) {
    const { id, severity, summary, why } = rule;
    assert.match(id, /^[a-z]+(?:-[a-z]+)*$/);
    assert.ok(SEVERITIES.includes(severity), id);
    for (const text of [summary, why, adviceText(rule)]) assert.match(text, /^[A-Z\p{Ll}'].*[.)]$/su, `${id}: ${text}`);
  }
});

test('the example of every rule breaks it', () => {
  for (const each of RULES) {
    if (each.id === 'file-readable') continue; // no text can be unreadable
    const spoken = judgeExample(each).flatMap((file) => file.findings.map((finding) => finding.rule));
    assert.ok(spoken.includes(each.id), `${each.id} is silent on its example; spoke: ${spoken.join(', ')}`);
  }
});

test('a rule that throws is reported, and everything else goes on', () => {
  const broken = rule('broken', () => {
    throw new Error('ours');
  });
  const { files, failures } = validate([readText('a.yaml', WORKER), readText('b.yaml', WORKER)], {
    rules: [broken, atRoot('fine')],
  });
  assert.deepEqual(
    failures.map(({ rule, file }) => [rule, file]),
    [
      ['broken', 'a.yaml'],
      ['broken', 'b.yaml'],
    ],
  );
  assert.deepEqual(
    files.map((file) => file.findings.length),
    [1, 1],
  );
});

test('findings stand in the order of the file, at one place the worst first, each once', () => {
  const shared = 'a: &a {type: x}\nname: w\nsystem_prompt: hi\ninput_schema: *a\noutput_schema: *a\n';
  const { files } = validate([readText('x.yaml', `${shared}timeout_seconds: 0\n`)], {
    rules: [atRoot('z', 'note'), atRoot('y', 'warning'), atRoot('b'), atRoot('a'), ...RULES],
  });
  const places = files[0]!.findings.map(({ line, rule }) => `${line} ${rule}`);
  assert.deepEqual(places, ['1 a', '1 b', '1 y', '1 z', '1 bad-value', '1 bad-value', '6 bad-value']);
});

test('what is said of a shared node is said once, also with something else in between', () => {
  const pipeline = 'name: p\npipeline_stages:\n  - &s {name: a, worker_type: gone}\n  - {<<: *s, name: b}\n  - *s\n';
  const { files } = validate([readText('p.yaml', pipeline), readText('w.yaml', WORKER)], { rules: RULES });
  const said = files[0]!.findings.filter(({ rule }) => rule === 'worker-undeclared').map(({ message }) => message);
  assert.deepEqual(said, [
    "stage 'a' names the worker 'gone', which no config declares",
    "stage 'b' names the worker 'gone', which no config declares",
  ]);
});

test('a value that is nearly one of a list is answered with it', () => {
  const text =
    'name: w\nsystem_prompt: hi\ndefault_model_tier: lokal\ninput_schema: {type: objct}\nknowledge_silos: [{name: a, type: foldr}]\n';
  const { files } = validate([readText('w.yaml', text)], { rules: RULES });
  assert.deepEqual(
    files[0]!.findings.filter(({ rule }) => rule === 'bad-value').map(({ hint }) => hint),
    ["did you mean 'local'?", "did you mean 'object'?", "did you mean 'folder'?"],
  );
});

test('ignored rules and comments silence; a comment reaches one line', () => {
  const text = [
    'name: w',
    'system_prompt: hi',
    '# heddle-ts-disable-next-line bad-value, wrong-type',
    'timeout_seconds: 0',
    'max_input_tokens: 0 # heddle-ts-disable-next-line bad-value',
    'max_output_tokens: 0',
    '# heddle-ts-disable-next-line name-unusual',
    '# another comment',
    'default_model_tier: gpu',
  ].join('\n');
  const lines = (ignore: string[]): number[] =>
    validate([readText('x.yaml', text)], { rules: RULES, ignore: new Set(ignore) }).files[0]!.findings.map(
      ({ line }) => line,
    );
  assert.deepEqual(lines([]), [5, 9]);
  assert.deepEqual(lines(['bad-value']), []);
});

test('comments that silence: several rules, reasons, line ends, and names that do not exist', () => {
  const table: [comment: string, said: string[]][] = [
    ['# heddle-ts-disable-next-line bad-value', []],
    ['#heddle-ts-disable-next-line  yaml-value ,bad-value', []],
    ['# heddle-ts-disable-next-line bad-value -- the model is new', []],
    ['# heddle-ts-disable-next-line bad-value (see the wiki)', []],
    ['# heddle-ts-disable-next-line bad-value\r', []],
    ['# heddle-ts-disable-next-line bad-value\n\n  # more', []],
    ['# heddle-ts-disable-next-line bad-vlaue', ["3:31 'bad-value'?", '4 bad-value']],
    ['# heddle-ts-disable-next-line Bad-Value', ["3:31 'bad-value'?", '4 bad-value']],
    ['# heddle-ts-disable-next-line wrong-type, bad_value', ["3:43 'bad-value'?", '4 bad-value']],
    ['# heddle-ts-disable-next-line', ['3:1 names no rule', '4 bad-value']],
    [`# heddle-ts-disable-next-line${' '.repeat(1 << 20)}é`, ['3:1 names no rule', '4 bad-value']],
    ['# heddle-ts-disable-next-lines bad-value', ['4 bad-value']],
    ['# heddle-ts-disable-next-line -- why', ['3:1 names no rule', '4 bad-value']],
  ];
  for (const [comment, said] of table) {
    const text = `name: w\nsystem_prompt: hi\n${comment}\ndefault_model_tier: gpu\n`;
    const { files } = validate([readText('x.yaml', text)], { rules: RULES });
    const got = files[0]!.findings.map(({ rule, line, column, message, ...advice }) =>
      rule === 'disable-comment'
        ? `${line}:${column} ${adviceText(advice)?.replace('did you mean ', '') ?? message.slice(12, 25).trim()}`
        : `${line} ${rule}`,
    );
    assert.deepEqual(got, said, comment.slice(0, 80));
  }
});

test('comments silence findings between files too', () => {
  const pipeline = (comment: string): string =>
    `name: p\npipeline_stages:\n  - name: a\n${comment}    worker_type: gone\n`;
  const rules = (text: string): string[] =>
    validate([readText('p.yaml', text), readText('w.yaml', WORKER)], { rules: RULES }).files.flatMap((file) =>
      file.findings.map((finding) => finding.rule),
    );
  assert.deepEqual(rules(pipeline('')), ['worker-undeclared', 'worker-unused']);
  assert.deepEqual(rules(pipeline('    # heddle-ts-disable-next-line worker-undeclared\n')), ['worker-unused']);
});

test('a forced kind is judged as that kind', () => {
  const [file] = validate([readText('x.yaml', 'name: x\n')], { rules: RULES, as: 'pipeline' }).files;
  assert.equal(file?.kind, 'pipeline');
  assert.deepEqual(
    file?.findings.map(({ rule }) => rule),
    ['missing-key'],
  );
});

test('counts', () => {
  const { files } = validate([readText('a.yaml', WORKER), readText('b.yaml', 'name: x y\n')], {
    rules: [atRoot('n', 'note'), atRoot('w', 'warning'), ...RULES],
  });
  assert.deepEqual(count(files), { error: 1, warning: 1, note: 1, files: 2, invalid: 1 });
});
