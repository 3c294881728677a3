import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type Finding,
  type NamedConfig,
  validateAsHeddle,
  validateConfigs,
  validateMessages,
  validatePayload,
  validationRules,
} from '../../src/index.ts';
import { runCli } from '../helpers/fake-io.ts';

const GOOD = 'name: echo\nworker_kind: processor\nprocessing_backend: app.Echo\ndefault_model_tier: local\n';
const BAD = 'name: my worker\nworker_kind: processor\nprocessing_backend: app.Echo\ndefault_model_tier: Local\n';

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-validate-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'configs'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const told = (findings: readonly Finding[]): string[] =>
  findings.map(({ file, line, column, rule }) => `${file}:${line}:${column} ${rule}`);

test('paths, folders, globs, texts, bytes and objects are judged alike', async (t) => {
  const cwd = folderWith(t, { 'configs/a.yaml': BAD, 'configs/b.yaml': GOOD });
  const ways: readonly (readonly [given: readonly (string | NamedConfig)[], file: string])[] = [
    [['configs/a.yaml'], 'configs/a.yaml'],
    [['configs'], 'configs/a.yaml'],
    [['configs/*.yaml', 'configs/a.yaml'], 'configs/a.yaml'],
    [[{ name: 'a.yaml', text: BAD }], 'a.yaml'],
    [[{ name: 'a.yaml', text: Buffer.from(BAD) }], 'a.yaml'],
  ];
  for (const [given, file] of ways) {
    const { ok, files, counts } = await validateConfigs(given, { cwd });
    assert.equal(ok, false);
    assert.deepEqual(
      files.flatMap(({ findings }) => told(findings)),
      [`${file}:1:7 name-unusable`, `${file}:4:21 bad-value`],
    );
    assert.deepEqual([counts.error, counts.invalid, counts.files], [2, 1, files.length]);
  }
  const config = { name: 'my worker', worker_kind: 'processor', processing_backend: 'app.Echo' };
  const { files } = await validateConfigs([{ name: 'made here', config }]);
  assert.deepEqual([files[0]?.kind, ...told(files[0]?.findings ?? [])], ['worker', 'made here:1:9 name-unusable']);
});

test('what it says is what the command says', async (t) => {
  const cwd = folderWith(t, { 'configs/a.yaml': BAD, 'configs/b.yaml': `${GOOD}colour: red\ntimeout_second: 5\n` });
  const { stdout } = await runCli(['validate', 'configs', '-o', 'json'], { cwd });
  const document = JSON.parse(stdout) as { files: { findings: { rule: string; message: string }[] }[] };
  const { files } = await validateConfigs(['configs'], { cwd });
  assert.deepEqual(
    files.map(({ findings }) => findings.map(({ rule, message }) => [rule, message])),
    document.files.map(({ findings }) => findings.map(({ rule, message }) => [rule, message])),
  );
});

test('rules are silenced, kinds are given, files are held against each other', async () => {
  const bad = { name: 'a.yaml', text: BAD };
  assert.equal((await validateConfigs([bad], { ignore: ['name-unusable', 'bad-value'] })).ok, true);
  const { files } = await validateConfigs([bad], { as: 'pipeline' });
  assert.equal(files[0]?.kind, 'pipeline');
  const twice = await validateConfigs([
    { name: 'a.yaml', text: GOOD },
    { name: 'b.yaml', text: GOOD },
  ]);
  assert.deepEqual(
    twice.files.flatMap(({ findings }) => told(findings)),
    ['b.yaml:1:7 name-duplicate'],
  );
});

test('a file that is not there is a finding; a folder without configs is an error', async (t) => {
  const cwd = folderWith(t, {});
  const { files } = await validateConfigs(['nowhere.yaml'], { cwd });
  assert.deepEqual(told(files[0]?.findings ?? []), ['nowhere.yaml:1:1 file-readable']);
  await assert.rejects(validateConfigs(['configs'], { cwd }), {
    code: 'no_match',
    message: 'no config matches "configs"',
  });
});

test("Heddle's own verdict, as often as a config is named", async (t) => {
  const cwd = folderWith(t, { 'configs/a.yaml': BAD });
  const verdicts = await validateAsHeddle(['configs/a.yaml', 'configs/a.yaml', { name: 'b', text: '' }], { cwd });
  assert.deepEqual(
    verdicts.map(({ file, type, valid, errors }) => [file, type, valid, errors.map(({ key }) => key)]),
    [
      ['configs/a.yaml', 'worker', false, ['default_model_tier']],
      ['configs/a.yaml', 'worker', false, ['default_model_tier']],
      ['b', 'unknown', false, ['mapping']],
    ],
  );
});

test('a payload as text, bytes and object, against the schema of either side', async () => {
  const schema = (type: string): string => `{type: object, required: [n], properties: {n: {type: ${type}}}}`;
  const text = `${GOOD}input_schema: ${schema('integer')}\noutput_schema: ${schema('string')}\n`;
  const config = { name: 'w.yaml', text };
  for (const payload of ['{"n":1}', Buffer.from('{"n":1}'), { n: 1 }]) {
    assert.equal((await validatePayload(config, payload)).heddle.valid, true);
    const output = await validatePayload(config, payload, { side: 'output' });
    assert.deepEqual([output.heddle.valid, output.json_schema.valid], [false, false]);
  }
  // As a running worker reads it: 1.0 is no integer, for JSON Schema it is one.
  const { heddle, json_schema } = await validatePayload(config, '{"n":1.0}');
  assert.deepEqual([heddle.valid, json_schema.valid], [false, true]);
  await assert.rejects(validatePayload({ name: 'w.yaml', text: 'a: [' }, '{}'), { code: 'input_invalid' });
});

test('messages, one to a line', async () => {
  const lines = '{"task_id":"1","worker_type":"echo","payload":{}}\n\n{"nothing":true}\n';
  for (const given of [lines, Buffer.from(lines)]) {
    const verdicts = await validateMessages(given);
    assert.deepEqual(
      verdicts.map(({ line, valid, kind }) => [line, valid, kind]),
      [
        [1, true, 'task'],
        [3, false, 'unknown'],
      ],
    );
  }
  await assert.rejects(validateMessages(Buffer.from([0x22, 0xff])), { code: 'input_invalid', message: /UTF-8/ });
});

test('every rule is explained, as the command explains it', async () => {
  const { stdout } = await runCli(['validate', '--rules', '-o', 'json'], {});
  const { rules } = JSON.parse(stdout) as { rules: { id: string; summary: string; example: unknown }[] };
  const pages = await validationRules();
  assert.deepEqual(
    pages.map(({ id, summary, example }) => ({ id, summary, example })),
    rules.map(({ id, summary, example }) => ({ id, summary, example })),
  );
  for (const { id, findings } of pages) assert.ok(findings.length > 0 || id === 'file-readable', id);
});

const CALLS: readonly (readonly [call: () => Promise<unknown>, message: string])[] = [
  [
    () => validateConfigs('a.yaml' as never),
    'validateConfigs: the first argument must be a list of paths and named configs, not a text',
  ],
  [
    () => validateConfigs([], { ignore: ['unknwon-key'] }),
    'validateConfigs: there is no rule "unknwon-key"; did you mean "unknown-key"?',
  ],
  [
    () => validateConfigs([{ name: 'a', yaml: '' } as never]),
    'validateConfigs: a config: there is no option "yaml"; there are name, text',
  ],
  [
    () => validateConfigs([{ config: {} } as never]),
    'validateConfigs: a config: the option "name" is missing; it must be a text',
  ],
  [
    () => validateConfigs([], { as: 'workers' as never }),
    'validateConfigs: "as" must be "worker" or "pipeline" or "orchestrator" or "router" or "scheduler" or "mcp" or "council" or "app" or "gateway", not a text',
  ],
  [
    () => validatePayload('w.yaml', 5 as never),
    'validatePayload: the second argument must be a text or bytes or an object, not 5',
  ],
  [
    () => validatePayload('w.yaml', {}, { output: true } as never),
    'validatePayload: there is no option "output"; there are cwd, side',
  ],
  [() => validateMessages({} as never), 'validateMessages: the first argument must be a text or bytes, not an object'],
];

for (const [call, message] of CALLS) {
  test(message, async () => {
    await assert.rejects(call, { code: 'usage', message });
  });
}
