import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readDocument } from '../../src/config/document.ts';
import { InputNumbers, mqttFamilies } from '../../src/gateway/mqtt/numbers.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { inProject } from '../helpers/root.ts';

const page = readFileSync(inProject('docs', 'mqtt.md'), 'utf8');

test('the config of the page is one that the rules agree with', () => {
  const configs = [...page.matchAll(/```yaml gateway\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  assert.equal(configs.length, 1);
  for (const text of configs) {
    const { files } = validate([readDocument('gateway.yaml', Buffer.from(text))], { rules: RULES });
    assert.deepEqual([files[0]?.kind, files[0]?.findings], ['gateway', []], text);
  }
});

test('the page names what is counted', () => {
  const families = mqttFamilies([{ name: 'x', up: true, inflight: 0, held: 0, numbers: new InputNumbers() }]);
  for (const { name } of families) assert.ok(page.includes(name.replace('heddle_gateway_', '')), name);
  const outcomes = families.flatMap(({ samples }) => samples.map(([labels]) => labels.outcome ?? ''));
  for (const outcome of outcomes.filter((each) => !['', 'sent', 'refused', 'failed'].includes(each))) {
    assert.ok(page.includes(`\`${outcome}\``), outcome);
  }
});
