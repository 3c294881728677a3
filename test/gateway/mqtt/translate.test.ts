import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BodyForm } from '../../../src/config/views/gateway-config/mqtt-config.ts';
import {
  covers,
  matchTopic,
  readTopicFilter,
  type TopicFilter,
} from '../../../src/config/views/gateway-config/topic-filter.ts';
import type { MqttMessage } from '../../../src/gateway/mqtt/message.ts';
import { taskIdFor } from '../../../src/gateway/mqtt/message-id.ts';
import { readMqttBody } from '../../../src/gateway/mqtt/read-body.ts';
import { answerWanted } from '../../../src/gateway/mqtt/reply.ts';
import { ruleFor, type Translated, translate } from '../../../src/gateway/mqtt/translate.ts';
import { sourceOf } from '../../../src/gateway/webhook/render.ts';
import { Problem } from '../../../src/http/problem.ts';
import { gatewayConfig } from '../start.ts';

function filter(written: string): TopicFilter {
  const read = readTopicFilter(written);
  assert.ok(typeof read !== 'string', String(read));
  return read;
}

function captures(written: string, topic: string): Record<string, string> | undefined {
  const found = matchTopic(filter(written), topic.split('/'));
  return found === undefined ? undefined : Object.fromEntries(found);
}

test('a filter means topics as brokers mean it, and keeps what it names', () => {
  assert.deepEqual(captures('a/{x}/{rest#}', 'a/b.c d/é/+f'), { x: 'b.c d', rest: 'é/+f' });
  assert.deepEqual(captures('a/{rest#}', 'a'), { rest: '' }, 'the rest may be nothing');
  assert.deepEqual(captures('a/+/c', 'a//c'), {}, 'a level may be empty');
  assert.deepEqual(captures('{first}', ''), { first: '' });
  assert.equal(captures('a/+', 'a/b/c'), undefined);
  assert.equal(captures('a/+', 'a'), undefined);
  assert.equal(captures('/a', 'a'), undefined);
  assert.deepEqual(captures('a/{{x}}', 'a/{x}'), {}, 'braces that are meant');
  assert.equal(captures('#', '$SYS/broker/load'), undefined, 'what a broker tells of itself');
  assert.equal(captures('+/broker', '$SYS/broker'), undefined);
  assert.deepEqual(captures('$SYS/#', '$SYS/broker'), {});
  assert.deepEqual(captures('a/$b/{c}', 'a/$b/c'), { c: 'c' });
  assert.equal(filter('a/{x}/b/{y#}').wire, 'a/+/b/#');
});

test('what is no filter is told in words', () => {
  for (const [written, problem] of [
    ['', /empty/],
    ['a/#/b', /before its end/],
    ['a/{x#}/b', /before its end/],
    ['a/b+', /\+ beside other/],
    ['a/#b', /# beside other/],
    ['a/{x}b', /a capture is a whole level/],
    ['a/{}', /a capture is a whole level/],
    ['{x}/{x}', /captures x twice/],
    ['$share/g/a', /'share'/],
    ['a\0', /NUL/],
    ['ä'.repeat(32_768), /longer than 65535 bytes/],
  ] as const) {
    assert.match(String(readTopicFilter(written)), problem, written.slice(0, 20));
  }
});

test('one filter covers another where it means all that the other means', () => {
  const isCovered = (wide: string, narrow: string): boolean => covers(filter(wide), filter(narrow));
  assert.ok(isCovered('#', 'a/b'));
  assert.ok(isCovered('a/#', 'a'));
  assert.ok(isCovered('a/+/c', 'a/{x}/c'));
  assert.ok(isCovered('a/+', 'a/b'));
  assert.ok(!isCovered('a/+', 'a/#'));
  assert.ok(!isCovered('a/b', 'a/+'));
  assert.ok(!isCovered('#', '$SYS/#'));
  assert.ok(!isCovered('a/+', 'a/b/c'));
});

test('bytes become what the form says, with every digit', () => {
  const read = (bytes: string | Uint8Array, form: BodyForm): string => readMqttBody(Buffer.from(bytes), form).text;
  assert.equal(read('21.50', 'json'), '21.50');
  assert.equal(read('{"a":12345678901234567890}', 'json'), '{"a":12345678901234567890}');
  for (const [written, text] of [
    ['21.50\n', '21.50'],
    ['+007', '7'],
    ['-.5', '-0.5'],
    ['5.', '5'],
    ['1E+3', '1e+3'],
    ['00', '0'],
    ['12345678901234567890', '12345678901234567890'],
  ] as const) {
    assert.equal(read(written, 'number'), text);
    assert.doesNotThrow(() => JSON.parse(text), text);
  }
  assert.equal(read('ON', 'text'), '"ON"');
  assert.equal(read(Uint8Array.of(0, 255, 16), 'hex'), '"00ff10"');
  assert.equal(read(Uint8Array.of(0, 255, 16), 'base64'), '"AP8Q"');
  for (const [written, form] of [
    ['', 'number'],
    ['.', 'number'],
    ['21,5', 'number'],
    ['nan', 'number'],
    ['1e999', 'number'],
    ['0x10', 'number'],
    [Uint8Array.of(0xff), 'text'],
    [Uint8Array.of(0xff), 'json'],
    ['{"a":NaN}', 'json'],
    ['', 'json'],
    ['['.repeat(10_000), 'json'],
  ] as const) {
    assert.throws(() => read(written, form), Problem, `${String(written).slice(0, 20)} as ${form}`);
  }
});

const RULES =
  gatewayConfig(`kind: gateway
mqtt:
  - url: mqtt://127.0.0.1
    rules:
      - topics: ["zigbee2mqtt/{device}"]
        to: task
        worker_type: thermo
        id: "{device}/{/body/linkquality}"
        payload: {room: "{device}", t: {ref: /body/temperature}, battery: {ref: /body/battery, default: null}}
        metadata: {site: north}
        reply: "answers/{device}/{task_id}"
      - topics: ["tele/{device}/SENSOR"]
        to: task
        worker_type: thermo
        payload: {room: {ref: /levels/1}, t: {ref: /body/AM2301/Temperature}, at: {ref: /body/Time}}
      - topics: ["bare/{rest#}"]
        body: number
        to: task
        worker_type: thermo
      - topics: ["alarm/{zone}"]
        body: text
        to: goal
        priority: high
        instruction: "Look after {zone}: {body}"
        context: {zone: "{zone}", flags: {r: {ref: /retained}, q: {ref: /qos}, type: {ref: /properties/content_type}}}
`).mqtt[0]?.rules ?? [];

function message(topic: string, payload: string | Uint8Array, more: Partial<MqttMessage> = {}): MqttMessage {
  return {
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retained: false,
    duplicate: false,
    packetId: 7,
    properties: {},
    ...more,
  };
}

function translated(given: MqttMessage): Translated {
  const ruled = ruleFor(RULES, given.topic);
  assert.ok(ruled !== undefined, `no rule is for ${given.topic}`);
  return translate(given, ruled);
}

test('payloads of vendors become the tasks that their rules say', () => {
  const { work } = translated(message('zigbee2mqtt/küche 1.b', '{"temperature":21.50,"linkquality":90}'));
  assert.deepEqual(work, {
    kind: 'task',
    workerType: 'thermo',
    tier: undefined,
    priority: undefined,
    payload: '{"room":"küche 1.b","t":21.50,"battery":null}',
    metadata: '{"site":"north","mqtt":{"topic":"zigbee2mqtt/küche 1.b","qos":1,"retained":false,"duplicate":false}}',
  });
  const tasmota = translated(
    message('tele/plug/SENSOR', '{"Time":"2026-01-01T00:00:00","AM2301":{"Temperature":19.0,"Humidity":50}}', {
      retained: true,
    }),
  ).work;
  assert.equal(tasmota.kind === 'task' && tasmota.payload, '{"room":"plug","t":19.0,"at":"2026-01-01T00:00:00"}');
  assert.match(String(tasmota.kind === 'task' && tasmota.metadata), /"retained":true/);
  const bare = translated(message('bare/a/b', ' 21.7 ')).work;
  assert.equal(bare.kind === 'task' && bare.payload, '{"value":21.7}');
  const goal = translated(message('alarm/cellar', 'water', { properties: { contentType: 'text/plain' } })).work;
  assert.deepEqual(goal, {
    kind: 'goal',
    instruction: 'Look after cellar: water',
    priority: 'high',
    context: '{"zone":"cellar","flags":{"r":false,"q":1,"type":"text/plain"}}',
  });
});

test('what a rule cannot map is a problem that names the place', () => {
  assert.throws(() => translated(message('zigbee2mqtt/a', '{"linkquality":1}')), /nothing at \/body\/temperature/);
  assert.throws(() => translated(message('zigbee2mqtt/a', 'ON')), /not JSON/);
  assert.throws(() => translated(message('bare/x', 'unavailable')), /is no number: "unavailable"/);
  assert.equal(ruleFor(RULES, 'zigbee2mqtt/a/b'), undefined);
});

test('a message that is sent again keeps its id, and the same reading twice has two', () => {
  const session = { gateway: 'g', input: 'mqtt', clientId: 'c' };
  const id = (given: MqttMessage, text?: string, own = session): string => taskIdFor(given, own, text, () => 'fresh');
  const first = message('t', '21');
  assert.equal(id(first), id({ ...first, duplicate: true }));
  assert.notEqual(id(first), id({ ...first, packetId: 8 }), 'the next message of the same content');
  assert.notEqual(id(first), id(message('t', '22')), 'a packet id that is used again');
  assert.notEqual(id(first), id(first, undefined, { ...session, clientId: 'other' }));
  assert.equal(id(first, 'a/1'), id({ ...first, packetId: 9 }, 'a/1', { ...session, clientId: 'other' }));
  assert.notEqual(id(first, 'a/1'), id(first, 'a/2'));
  assert.equal(id({ ...first, qos: 0, packetId: undefined }), 'fresh');
});

test('an answer goes where the message says, else where the rule says, and nowhere else', () => {
  const asked = message('zigbee2mqtt/a', '{"temperature":1,"linkquality":2}');
  const { source } = translated(asked);
  const rule = RULES[0];
  assert.ok(rule !== undefined && RULES[2] !== undefined);
  const named = sourceOf({ task_id: { value: 'T', text: '"T"' } }, source);
  assert.deepEqual(answerWanted(asked, rule, named), { topic: 'answers/a/T', qos: 1, retain: false, send: 'result' });
  const properties = { responseTopic: 'me/1', correlationData: Buffer.from([0, 1, 255]) };
  assert.deepEqual(answerWanted({ ...asked, properties }, rule, named), {
    topic: 'me/1',
    qos: 1,
    retain: false,
    send: 'result',
    correlation: 'AAH/',
  });
  assert.equal(answerWanted(asked, RULES[2], named), undefined);
  for (const responseTopic of ['me/+', '$SYS/x', '', 'a'.repeat(4_000)]) {
    assert.throws(() => answerWanted({ ...asked, properties: { responseTopic } }, rule, named), /topic for the answer/);
  }
});
