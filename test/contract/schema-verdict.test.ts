import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildGoal, buildResult, buildTask, RELOAD } from '../../src/contract/build.ts';
import { checkSchema, SCHEMA_NAMES } from '../../src/contract/schema-verdict.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = { now: () => 0, uuid: () => 'id' };
const task = { worker_type: 'w', payload: {} };

describe('the verdict of schemas/v1', () => {
  // CONTRACT 3.2, column "schemas/v1 (ajv)"; formats are annotations.
  const rows: [string, string, boolean][] = [
    ['task_message', '{"worker_type":"w","payload":{}}', true],
    ...['5', 'true', 'null', '[]'].map(
      (raw) => ['task_message', `{"payload":{},"worker_type":${raw}}`, false] as const,
    ),
    ...['""', '"my worker"', '"a.b"', '"*"'].map(
      (raw) => ['task_message', `{"payload":{},"worker_type":${raw}}`, true] as const,
    ),
    ...['null', '[]', '"text"', '5'].map(
      (raw) => ['task_message', `{"worker_type":"w","payload":${raw}}`, false] as const,
    ),
    ...['task_id', 'model_tier', 'priority', 'metadata', 'created_at'].map(
      (key) => ['task_message', `{"worker_type":"w","payload":{},"${key}":null}`, false] as const,
    ),
    ...['parent_task_id', 'request_id'].map(
      (key) => ['task_message', `{"worker_type":"w","payload":{},"${key}":null}`, true] as const,
    ),
    ...['"x"', 'null', '2.5'].map(
      (raw) => ['task_message', `{"worker_type":"w","payload":{},"max_retries":${raw}}`, true] as const,
    ),
    ...['"LOCAL"', '"gpu"', '1'].map(
      (raw) => ['task_message', `{"worker_type":"w","payload":{},"model_tier":${raw}}`, false] as const,
    ),
    ['task_message', '{"worker_type":"w","payload":{},"created_at":"2026-04-29"}', true],
    ['task_message', '{"worker_type":"w","payload":{},"created_at":1714392000}', false],
    ['task_message', '{"worker_type":"w","payload":{},"extra":1,"_x":2}', true],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"completed"}', true],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"retry"}', false],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"failed","token_usage":{"a":"5"}}', false],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"failed","token_usage":{"a":true}}', false],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"failed","token_usage":{"a":5.5}}', false],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"failed","processing_time_ms":5.25}', false],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"failed","processing_time_ms":5.0}', true],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"failed","metadata":null}', false],
    ['task_result', '{"task_id":"t","worker_type":"w","status":"failed","output":null,"error":null}', true],
    ['orchestrator_goal', '{"instruction":""}', true],
    ['orchestrator_goal', '{}', false],
    ['orchestrator_goal', '{"instruction":"x","context":null}', false],
    ['dead_letter', '{"reason":"x","original_task":[1]}', true],
    ['dead_letter', '{"reason":"x"}', false],
    ['control', '{"action":"reload","by":"me"}', true],
    ['control', '{"action":"stop"}', false],
    ['checkpoint_state', '{}', false],
  ].map((row) => row as [string, string, boolean]);
  for (const [name, text, valid] of rows) {
    test(`${name} ${text} is ${valid ? 'valid' : 'not valid'}`, () => {
      const known = SCHEMA_NAMES.find((other) => other === name);
      assert.ok(known);
      const issues = checkSchema(known, JSON.parse(text));
      assert.equal(issues.length === 0, valid, JSON.stringify(issues));
    });
  }

  test('what the builders make is valid', () => {
    const built = buildTask(task, sources);
    assert.deepEqual(checkSchema('task_message', built), []);
    assert.deepEqual(checkSchema('task_result', buildResult(built, { status: 'completed' }, sources)), []);
    assert.deepEqual(checkSchema('orchestrator_goal', buildGoal({ instruction: 'x' }, sources)), []);
    assert.deepEqual(checkSchema('control', RELOAD), []);
  });

  test('every issue names its place and what was allowed', () => {
    const issues = checkSchema('task_message', { worker_type: 5, model_tier: 'gpu' });
    assert.deepEqual(
      issues.map((issue) => issue.pointer),
      ['/payload', '/worker_type', '/model_tier'],
    );
    assert.match(issues[2]?.problem ?? '', /"local", "standard", "frontier"/);
    assert.match(checkSchema('control', { action: 'stop' })[0]?.problem ?? '', /"reload"/);
  });
});

describe('schemas/v1', () => {
  const files = readdirSync(`${root}schemas/v1`).filter((file) => file.endsWith('.schema.json'));

  test('each schema has a validator and a line in the manifest', () => {
    const manifest = JSON.parse(readFileSync(`${root}schemas/v1/manifest.json`, 'utf8'));
    assert.deepEqual(files.map((file) => file.replace('.schema.json', '')).sort(), [...SCHEMA_NAMES].sort());
    assert.deepEqual(Object.keys(manifest.schemas), files.sort());
    for (const file of files) {
      const text = readFileSync(`${root}schemas/v1/${file}`, 'utf8').replaceAll('\r\n', '\n');
      assert.equal(manifest.schemas[file].sha256, createHash('sha256').update(text).digest('hex'), file);
    }
  });

  test('each names its draft, itself, and every field', () => {
    for (const file of files) {
      const schema = JSON.parse(readFileSync(`${root}schemas/v1/${file}`, 'utf8'));
      assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema', file);
      assert.equal(schema.$id, `urn:heddle-ts:schema:v1:${file.replace('.schema.json', '')}`);
      assert.ok(schema.title && schema.description, file);
      assert.notEqual(schema.additionalProperties, false, `${file} stays open`);
      for (const [key, field] of Object.entries<{ description?: string }>(schema.properties))
        assert.ok(field.description, `${file} ${key}`);
    }
  });

  test('the generated files are what the generator makes of them', () => {
    const run = spawnSync(process.execPath, [`${root}tools/generate-contract.mjs`, '--check'], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
  });
});

test('nothing in the contract needs a package at run time', () => {
  const folder = `${root}src/contract`;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  assert.ok(files.length > 20);
  for (const file of files) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    assert.doesNotMatch(text, /\brequire\(|\bimport\(/, file);
    for (const [, from] of text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'/gm)) {
      assert.match(from ?? '', /^(?:\.\/|\.\.\/errors\.ts$|node:)/, `${file} imports ${from}`);
    }
  }
});
