import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { displayWidth } from '../../src/cli/screen/width.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { type CliRun, runCli } from '../helpers/fake-io.ts';
import { checkJunit } from '../helpers/junit.ts';
import { inProject } from '../helpers/root.ts';

const cwd = mkdtempSync(join(tmpdir(), 'heddle-validate-'));
after(() => rmSync(cwd, { recursive: true, force: true }));
const write = (file: string, text: string | Uint8Array): void => {
  mkdirSync(join(cwd, file, '..'), { recursive: true });
  writeFileSync(join(cwd, file), text);
};
write('good.yaml', 'name: good\nsystem_prompt: hi\n');
write('bad.yaml', 'name: no\nsystem_prompt: hi\ntimeout_seconds: 1e3\n');
write('warned.yaml', 'name: warned\nsystem_prompt: hi\ntimeout_second: 5\n');
write('tree/a.yaml', 'name: a\nsystem_prompt: hi\n');
write('tree/b.yml', 'name: b\nsystem_prompt: hi\n');
write('odd <&>\'".yaml', 'name: "a\\u0007%0A::"\nworker_kind: "]]>"\n');
write('payload.json', '{"text": 5}');
write('schema.yaml', 'name: s\nsystem_prompt: hi\ninput_schema: {type: object, properties: {text: {type: string}}}\n');
write('messages.ndjson', '{"worker_type":"w","payload":{}}\n{"worker_type":"w"}\n');
mkdirSync(join(cwd, 'empty'));
mkdirSync(join(cwd, 'folder.yaml'));

const run = (argv: readonly string[], options: { stdin?: string } = {}): Promise<CliRun> =>
  runCli(['validate', ...argv], { cwd, ...options });
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
const schema = (...path: string[]) => ajv.compile(JSON.parse(readFileSync(inProject(...path), 'utf8')) as object);

test('exit codes', async () => {
  const table: [code: number, ...argv: string[]][] = [
    [0, 'good.yaml'],
    [0, 'warned.yaml'],
    [1, 'warned.yaml', '--fail-on', 'warning'],
    [0, 'warned.yaml', '--fail-on', 'warning', '--ignore', 'unknown-key'],
    [1, 'bad.yaml'],
    [0, 'bad.yaml', '--ignore', 'wrong-type'],
    [1, 'good.yaml', 'bad.yaml'],
    [2, 'missing.yaml'],
    [2, 'good.yaml', 'missing.yaml'],
    [2, 'folder.yaml/x.yaml'],
    [0, 'tree'],
    [0, 'tree/*.y*ml'],
    [2, 'empty'],
    [1, 'folder.yaml'],
    [2, 'none/*.yaml'],
    [2],
    [0, '--all', '--configs-dir', 'tree'],
    [2, '--all', '--configs-dir', 'gone'],
    [2, '--all', '--configs-dir', 'empty'],
    [2, 'good.yaml', '--ignore', 'no-such-rule'],
    [2, 'good.yaml', '--as', 'wroker'],
    [2, 'good.yaml', '--fail-on', 'note'],
    [2, '--explain', 'no-such-rule'],
    [0, '--explain', 'wrong-type'],
    [0, '--rules'],
    [1, 'good.yaml', '--as', 'pipeline'],
    [1, '--payload', 'payload.json', '--against', 'schema.yaml'],
    [0, '--payload', 'payload.json', '--against', 'good.yaml'],
    [2, '--payload', 'payload.json'],
    [2, '--payload', 'gone.json', '--against', 'schema.yaml'],
    [1, '--messages', 'messages.ndjson'],
    [2, '--messages', 'gone.ndjson'],
    [0, '--compat', 'good.yaml'],
    [1, '--compat', 'bad.yaml'],
    [1, '--compat', 'missing.yaml'],
    [1, '--compat'],
    [1, '--compat', '--all', '--configs-dir', 'gone'],
    [1, '--compat', '--all', '--configs-dir', 'empty'],
    [0, '--compat', '--all', '--configs-dir', 'tree'],
  ];
  for (const [code, ...argv] of table) {
    const { code: got, stdout, stderr } = await run(argv);
    assert.equal(got, code, `${argv.join(' ')}\n${stdout}\n${stderr}`);
  }
});

test('human output: the place, the reason, the line with a mark, the remedy, the sum', async () => {
  const { stdout, stderr } = await run(['bad.yaml', 'warned.yaml']);
  assert.equal(stderr, '');
  assert.equal(
    stdout,
    [
      "bad.yaml:1:7: error: 'name' must be text, it is the truth value false [wrong-type]",
      '  1 | name: no',
      '    |       ^~',
      '  hint: YAML 1.1 reads no as false; for the text write "no"',
      '',
      'bad.yaml:3:18: error: \'timeout_seconds\' must be a number, it is the text "1e3" [wrong-type]',
      '  3 | timeout_seconds: 1e3',
      '    |                  ^~~',
      '  hint: YAML 1.1 reads 1e3 as text (an exponent needs a dot and a sign); write 1000',
      '',
      "warned.yaml:3:1: warning: the key 'timeout_second' is unknown and ignored [unknown-key]",
      '  3 | timeout_second: 5',
      '    | ^~~~~~~~~~~~~~',
      "  hint: did you mean 'timeout_seconds'?",
      '',
      '2 files, 1 invalid, 2 errors, 1 warning',
      '',
    ].join('\n'),
  );
});

test('the mark stands under wide characters and in cut lines', async () => {
  const wide = await run(['-'], {
    stdin: 'name: x\nsystem_prompt: hi\n"日本": {a: 1}\n日本: &x 1\ntimeout_seconds: {日本: 語}\n',
  });
  assert.match(wide.stdout, /\n {2}5 \| timeout_seconds: \{日本: 語\}\n {4}\| {18}\^~{9}\n/);
  const long = await run(['-'], { stdin: `{name: x, system_prompt: "${'y'.repeat(500)}", timeout_seconds: 0}\n` });
  const [, source, mark] = long.stdout.split('\n');
  assert.ok(source!.length < 170);
  assert.equal(source!.slice(mark!.indexOf('^'), mark!.indexOf('^') + 1), '0');
});

test('lines are cut by columns, between characters, around the place', async () => {
  const cases = [
    ['wide', `{name: w, system_prompt: "${'日本'.repeat(60)}", timeout_seconds: 0}\n`],
    ['wide behind', `{name: w, timeout_seconds: 0, system_prompt: "${'日本'.repeat(90)}"}\n`],
    ['pictures', `{name: w, system_prompt: "x${'😀'.repeat(8)}", timeout_seconds: 0, a: "${'😀'.repeat(90)}"}\n`],
    ['pictures before', `{name: w, system_prompt: "${'😀'.repeat(90)}", a: 123456789, timeout_seconds: 0}\n`],
    ['very long', `{name: w, system_prompt: "${'y'.repeat(5000)}", timeout_seconds: 0}\n`],
    ['very long, pictures', `{name: w, system_prompt: "x${'😀'.repeat(5000)}", timeout_seconds: 0}\n`],
  ];
  for (const [name, stdin] of cases as [string, string][]) {
    const { stdout } = await run(['-'], { stdin });
    const [, source, mark] = stdout.split('\n') as [string, string, string];
    assert.ok(displayWidth(source) <= 160, `${name}: ${displayWidth(source)} columns`);
    assert.doesNotMatch(source, /\p{Cs}|\\u/u, name);
    const above = source.slice(source.search(/\b0\b/));
    assert.equal(displayWidth(source) - displayWidth(above), mark.indexOf('^'), `${name}:\n${source}\n${mark}`);
  }
});

test('on a narrow terminal messages and hints break between words, and cut lines say so', async () => {
  const stdin = `{name: w, system_prompt: "${'y'.repeat(90)}", default_model_tier: Local, a: "${'z'.repeat(90)}"}\n`;
  const { stdout } = await runCli(['validate', '-'], { cwd, stdin, tty: 60, env: { NO_COLOR: '1', LANG: 'C.UTF-8' } });
  assert.equal(
    stdout.split('\n\n')[0],
    [
      "<stdin>:1:140: error: 'default_model_tier' must be one of",
      "    'local', 'standard', 'frontier', it is the text \"Local\"",
      '    [bad-value]',
      '  1 | …yyy", default_model_tier: Local, a: "zzzzzzzzzzzzzzz…',
      '    |                            ^~~~~',
      '  hint: write local: case and spaces count',
    ].join('\n'),
  );
});

test('stdin goes under the name it is given', async () => {
  const { stdout, code } = await run(['-', '--stdin-filename', 'editor.yaml', '-o', 'short'], { stdin: 'name: no\n' });
  assert.equal(code, 1);
  assert.match(stdout, /^editor\.yaml:1:1: error: nothing says what kind/);
});

test('text of files acts on no terminal', async () => {
  const { stdout } = await run(['-', '--stdin-filename', 'a\u001b[31m.yaml'], {
    stdin: 'name: "\\e[31m"\nsystem_prompt: hi\nworker_kind: "\u202e"\n',
  });
  assert.doesNotMatch(stdout, /[\u001b\u202e]/);
});

test('short: one line for each finding', async () => {
  const { stdout } = await run(['bad.yaml', 'good.yaml', '-o', 'short']);
  assert.deepEqual(
    stdout.split('\n').map((line) => line.replace(/: .*\[/, ': [')),
    ['bad.yaml:1:7: [wrong-type]', 'bad.yaml:3:18: [wrong-type]', ''],
  );
});

test('json keeps to its schema, with findings and without', async () => {
  const valid = schema('schemas', 'output', 'validate.schema.json');
  for (const argv of [['good.yaml'], ['bad.yaml', 'warned.yaml', 'folder.yaml', 'odd <&>\'".yaml'], ['tree']]) {
    const { stdout, code } = await run([...argv, '--json']);
    const document = JSON.parse(stdout) as { ok: boolean };
    assert.ok(valid(document), JSON.stringify(valid.errors));
    assert.equal(document.ok, code === 0);
  }
});

test('sarif keeps to the standard, with findings and without', async () => {
  const valid = schema('test', 'cli', 'sarif-2.1.0.schema.json');
  for (const argv of [['good.yaml'], ['bad.yaml', 'warned.yaml', 'folder.yaml', 'odd <&>\'".yaml']]) {
    const { stdout } = await run([...argv, '-o', 'sarif']);
    const log = JSON.parse(stdout) as { runs: [{ results: { ruleId: string; ruleIndex: number }[] }] };
    assert.ok(valid(log), JSON.stringify(valid.errors));
    for (const { ruleId, ruleIndex } of log.runs[0].results) assert.equal(RULES[ruleIndex]?.id, ruleId);
    assert.equal(log.runs[0].results.length === 0, argv.length === 1);
  }
});

test('junit is well-formed and keeps to its schema, with findings and without', async () => {
  const { stdout: clean } = await run(['good.yaml', '-o', 'junit']);
  assert.deepEqual(checkJunit(clean), { tests: 1, failures: 0 });
  const files = ['good.yaml', 'bad.yaml', 'warned.yaml', 'odd <&>\'".yaml'];
  const { stdout } = await run([...files, '-o', 'junit']);
  assert.deepEqual(checkJunit(stdout), { tests: 4, failures: 2 });
  assert.match(stdout, /<system-out>warned\.yaml:3:1: warning: /);
  const strict = await run([...files, '-o', 'junit', '--fail-on', 'warning']);
  assert.deepEqual(checkJunit(strict.stdout), { tests: 4, failures: 3 });
});

test('github: annotations, with what would end them escaped', async () => {
  const { stdout } = await run(['bad.yaml', 'odd <&>\'".yaml', '-o', 'github']);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(
    lines[0],
    '::error file=bad.yaml,line=1,col=7,endColumn=9,title=wrong-type::\'name\' must be text, it is the truth value false (YAML 1.1 reads no as false; for the text write "no")',
  );
  for (const line of lines) assert.match(line, /^::(?:error|warning|notice) file=[^,:]+,line=\d+,col=\d+,[^:]+::.+$/);
  assert.ok(lines.some((line) => line.includes('%250A')));
});

test('--summary counts by rule', async () => {
  const { stdout } = await run(['bad.yaml', 'warned.yaml', '--summary']);
  assert.equal(stdout, '     2  wrong-type\n     1  unknown-key\n2 files, 1 invalid, 2 errors, 1 warning\n');
  const { stdout: json } = await run(['bad.yaml', '--summary', '--json']);
  assert.deepEqual((JSON.parse(json) as { rules: unknown }).rules, { 'wrong-type': 2 });
});

test('--summary has no other forms', async () => {
  for (const format of ['short', 'junit', 'sarif', 'github']) {
    const { code, stderr } = await run(['bad.yaml', '--summary', '-o', format]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`--summary writes human and json, not ${format}`));
  }
});

test('a directory with the name of a config is a finding, and stops nothing', async () => {
  const { code, stdout } = await run(['folder.yaml', 'bad.yaml', '-o', 'short', '--ignore', 'yaml-surprise']);
  assert.equal(code, 1);
  assert.match(stdout, /^folder\.yaml:1:1: error: it is a directory, not a file \[file-readable\]\nbad\.yaml:1:7: /);
});

test('--compat prints what Heddle prints', async () => {
  const { stdout } = await run(['--compat', 'good.yaml', './bad.yaml', 'missing.yaml', 'folder.yaml']);
  const lines = stdout.split('\n');
  assert.equal(lines[0], '');
  assert.equal(lines[1], '  ✓ [worker] good.yaml');
  assert.equal(lines[2], '  ✗ [worker] bad.yaml');
  assert.match(lines[3]!, /^ {4}→ .*name/);
  assert.match(lines[4]!, /^ {4}→ .*timeout_seconds/);
  assert.deepEqual(lines.slice(5, 7), ['  ✗ [unknown] missing.yaml', '    → File not found: missing.yaml']);
  assert.match(lines[8]!, /traceback/);
  assert.deepEqual(lines.slice(9), ['', '  3 invalid, 1 valid', '', '']);
  const { stdout: json } = await run(['--compat', 'bad.yaml', '--json']);
  const document = JSON.parse(json) as { files: { errors: { key: string }[] }[] };
  assert.deepEqual(
    document.files[0]!.errors.map(({ key }) => key),
    ['name', 'timeout_seconds'],
  );
});

test('--payload gives both verdicts', async () => {
  const { stdout } = await run(['--payload', '-', '--against', 'schema.yaml'], { stdin: '{"text": 5}' });
  assert.match(stdout, /Heddle: refuses\n {4}input\.text: expected string\n.*JSON Schema: not valid\n/);
  const { stdout: json } = await run(['--payload', 'payload.json', '--against', 'schema.yaml', '--json']);
  const document = JSON.parse(json) as { ok: boolean; heddle: { valid: boolean }; json_schema: { valid: boolean } };
  assert.deepEqual([document.ok, document.heddle.valid, document.json_schema.valid], [false, false, false]);
});

test('--messages names the line, the kind and the generation', async () => {
  const { stdout } = await run(['--messages', 'messages.ndjson', '-v']);
  assert.match(stdout, /^messages\.ndjson:1: task, generation B\nmessages\.ndjson:2: error: no valid task: /);
  assert.match(stdout, /\n2 messages, 1 invalid \(1 task\/B\)\n$/);
});

test('--explain shows the page with the example and what is said of it', async () => {
  const { stdout } = await run(['--explain', 'self-dependency']);
  assert.match(stdout, /^self-dependency \(error\)\n/);
  assert.match(stdout, /depends_on: \[extract\]/);
  assert.match(stdout, /pipeline\.yaml:5:18: error: /);
  for (const { id } of RULES) assert.equal((await run(['--explain', id])).code, 0, id);
});

test('a mistyped rule is answered with the nearest', async () => {
  const { stderr } = await run(['good.yaml', '--ignore', 'wrong-tpye']);
  assert.match(stderr, /did you mean "wrong-type"\?/);
});

test('the sample configs are clean', async () => {
  const { code, stdout } = await runCli(['validate', 'configs/', '--fail-on', 'warning', '-o', 'short']);
  assert.equal(code, 0, stdout);
  const { stdout: compat } = await runCli(['validate', '--compat', '--all', '--json']);
  const { files } = JSON.parse(compat) as { files: { file: string; valid: boolean; type: string }[] };
  const refused = files.filter(({ valid, type }) => !valid && type !== 'unknown').map(({ file }) => file);
  assert.deepEqual(refused, ['configs/workers/classifier.yaml'], 'the foreign worker alone');
});
