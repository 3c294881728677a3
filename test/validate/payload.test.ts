import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../src/config/document.ts';
import { isHeddleError } from '../../src/errors.ts';
import { judgeMessages } from '../../src/validate/messages.ts';
import { judgePayload } from '../../src/validate/payload.ts';

const config = readText(
  'w.yaml',
  'name: w\nsystem_prompt: x\ninput_schema:\n  type: object\n  required: [text]\n  properties:\n    text: {type: string, minLength: 3}\n    2: {type: integer}\n    pages: {type: integer}\noutput_schema: {type: array}\n',
);
const judge = (payload: string, side: 'input' | 'output' = 'input') => judgePayload(config, Buffer.from(payload), side);

test('two verdicts on one payload', async () => {
  const table: [payload: string, heddle: string[], jsonSchema: string[]][] = [
    ['{"text": "abc"}', [], []],
    ['{"text": "a"}', [], ['/text: must NOT have fewer than 3 characters']],
    ['{}', ["input: missing required field 'text'"], ["/: must have required property 'text'"]],
    [
      '{"text": null, "pages": 1.0}',
      ['input.text: expected string', 'input.pages: expected integer'],
      ['/text: must be string'],
    ],
    ['[]', ['input: expected object, got list'], ['/: must be object']],
  ];
  for (const [payload, heddle, jsonSchema] of table) {
    const verdicts = await judge(payload);
    assert.deepEqual(verdicts.heddle, { valid: heddle.length === 0, errors: heddle }, payload);
    assert.deepEqual(verdicts.json_schema, { valid: jsonSchema.length === 0, errors: jsonSchema }, payload);
  }
});

test('Heddle applies no schema but that of an object', async () => {
  const verdicts = await judge('5', 'output');
  assert.deepEqual(verdicts.heddle, { valid: true, errors: [] });
  assert.equal(verdicts.json_schema.valid, false);
});

test('a payload that is no JSON, a config without a schema, a config that is none', async () => {
  assert.match((await judge('{text: 1}')).heddle.errors[0]!, /^the payload cannot be read: /);
  const bare = await judgePayload(readText('w.yaml', 'name: w\n'), Buffer.from('5'), 'input');
  assert.deepEqual([bare.schema, bare.heddle.valid, bare.json_schema.valid], [false, true, true]);
  for (const text of ['a: [\n', 'input_schema: 5\n', 'input_schema: &a {properties: *a}\n']) {
    await assert.rejects(
      judgePayload(readText('w.yaml', text), Buffer.from('{}'), 'input'),
      (error) => isHeddleError(error) && error.code === 'input_invalid',
    );
  }
});

test('a schema that is not valid is said to be so', async () => {
  const broken = readText('w.yaml', 'input_schema: {type: object, properties: {a: {type: text}}}\n');
  const { json_schema } = await judgePayload(broken, Buffer.from('{}'), 'input');
  assert.match(json_schema.errors[0]!, /^the schema itself is not valid: /);
});

test('messages, line by line', () => {
  const text = [
    '{"worker_type":"w","payload":{}}',
    '',
    '{"worker_type":"w","payload":{},"max_retries":2}\r',
    '{"task_id":"t","worker_type":"w","status":"completed"}',
    '{"worker_type":5,"payload":{}}',
    'nonsense',
    '{"hello":1}',
    '{"instruction":"go"}',
    '{"action":"reload"}',
    '{"reason":"x","original_task":{}}',
  ].join('\n');
  assert.deepEqual(
    [...judgeMessages(text)].map(({ line, valid, kind, generation }) => `${line} ${valid} ${kind} ${generation}`),
    [
      '1 true task B',
      '3 true task A',
      '4 true result B',
      '5 false task none',
      '6 false unknown none',
      '7 false unknown none',
      '8 true goal B',
      '9 true control B',
      '10 true dead_letter B',
    ],
  );
});
