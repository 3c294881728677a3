import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../../src/broker/broker.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { connect } from '../../../src/transport/nats.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { newAuthority } from '../../helpers/tls.ts';
import { until } from '../../http/raw.ts';
import { actors } from '../bus.ts';
import { bodyOf, startGateway, type TestGateway } from '../start.ts';
import { deviceAt, mosquittoFor, skipWithoutMosquitto as skip } from './broker.ts';

noLeaks();

/** A bus of the test's own. Its end comes after that of all that uses it. */
async function busFor(
  t: TestContext,
): Promise<{ connect(): Promise<Transport>; restart(): Promise<void>; stop(): Promise<void> }> {
  let broker = await startBroker();
  const { port } = broker;
  const open: Transport[] = [];
  t.after(async () => {
    await Promise.all(open.map((each) => each.close()));
    await broker.close();
  });
  return {
    connect: async () => {
      const transport = await connect({ servers: [`nats://127.0.0.1:${port}`], timeoutMs: 20_000, reconnect: true });
      open.push(transport);
      return transport;
    },
    stop: () => broker.close(),
    restart: async () => {
      broker = await startBroker({ port });
    },
  };
}

async function incoming(transport: Transport): Promise<Record<string, unknown>[]> {
  const tasks: Record<string, unknown>[] = [];
  transport.subscribe('heddle.tasks.incoming', ({ data }) => {
    tasks.push(JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>);
  });
  await transport.flush();
  return tasks;
}

async function connected(gateway: TestGateway, count = 1): Promise<void> {
  await until(
    'the gateway reads',
    () => gateway.events.filter(({ kind }) => kind === 'mqtt_connected').length >= count,
  );
}

async function metric(gateway: TestGateway, series: string): Promise<number> {
  const text = await (await gateway.ask('/metrics')).text();
  const line = text.split('\n').find((each) => each.startsWith(`heddle_gateway_${series} `));
  assert.ok(line !== undefined, `there is no series ${series}`);
  return Number(line.split(' ').at(-1));
}

async function reaches(gateway: TestGateway, series: string, value: number): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const now = await metric(gateway, series);
    if (now === value) return;
    assert.ok(performance.now() < deadline, `${series} is ${now}, and not ${value}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const outcome = (name: string, input = 'mqtt'): string => `mqtt_messages_total{input="${input}",outcome="${name}"}`;

/** Whether the broker has had the word for so many. */
function acknowledged(log: string, what = 'PUBACK'): number {
  return log.split(`Received ${what} from heddle`).length - 1;
}

test('payloads of devices become tasks, bad ones go to the dead topic, and answers to theirs', { skip }, async (t) => {
  const bus = await busFor(t);
  await actors(t, await bus.connect());
  const broker = await mosquittoFor(t);
  const config = `kind: gateway
mqtt:
  - url: ${broker.url}
    dead_topic: heddle/dead
    rules:
      - {topics: ["sensors/{room}/temp"], to: task, worker_type: echo, payload: {room: "{room}", value: {ref: /body}}, reply: "answers/{room}"}
      - {topics: ["bare/#"], qos: 2, body: number, to: task, worker_type: echo, reply: {topic: "out/{topic}", send: output}}
`;
  const gateway = await startGateway(t, await bus.connect(), config);
  await connected(gateway);
  const device = await deviceAt(t, broker.url, ['answers/#', 'heddle/#', 'out/#']);
  const names = ['kitchen', 'a.b', 'with space', 'küche/…'.slice(0, 5), '$odd', '温度', "it's"];
  for (const name of names) await device.publish(`sensors/${name}/temp`, '21.50');
  await device.publish('bare/x/y', '007.250\n', { qos: 2 });
  await device.publish('sensors/k/temp', 'nope');
  await device.publish('bare/z', Buffer.of(0xff, 0xfe));
  await until('answers and dead letters', () => device.heard.length === names.length + 3);
  for (const name of names) {
    const answer = device.heard.find(({ topic }) => topic === `answers/${name}`);
    assert.ok(answer !== undefined, `no answer for ${name}`);
    const { status, output } = JSON.parse(answer.text) as { status: string; output: { room: string } };
    assert.deepEqual([status, output.room], ['completed', name]);
  }
  assert.equal(device.heard.find(({ topic }) => topic === 'out/bare/x/y')?.text, '{"value":7.25}');
  const dead = device.heard
    .filter(({ topic }) => topic === 'heddle/dead')
    .map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  assert.deepEqual(
    dead.map(({ topic, code, payload, payload_base64: base64 }) => [topic, code, payload ?? base64]),
    [
      ['sensors/k/temp', 'invalid_json', 'nope'],
      ['bare/z', 'unmapped_delivery', '//4='],
    ],
  );
  await until(
    'the word for each',
    () => acknowledged(broker.log()) === names.length + 2 && acknowledged(broker.log(), 'PUBREC') === 1,
  );
  await until('the end of the exchange', () => acknowledged(broker.log(), 'PUBCOMP') === 1);
  await reaches(gateway, outcome('accepted'), names.length + 1);
  await reaches(gateway, outcome('dead'), 2);
  await reaches(gateway, 'mqtt_replies_total{input="mqtt",outcome="sent"}', names.length + 1);
  const ready = await bodyOf(await gateway.ask('/readyz'));
  assert.deepEqual(ready.mqtt, [
    { name: 'mqtt', broker: 'connected', reason: null, refused: [], inflight: 0, held: 0 },
  ]);
  const contract = (await bodyOf(await gateway.ask('/v1/contract'))).mqtt as { topics: { topic: string }[] }[];
  assert.deepEqual(
    contract[0]?.topics.map(({ topic }) => topic),
    ['sensors/{room}/temp', 'bare/#'],
  );
});

test('nothing is acknowledged before the bus has it: held while it is away or nobody listens, and sent in the end', {
  skip,
}, async (t) => {
  const bus = await busFor(t);
  const broker = await mosquittoFor(t, { config: 'max_inflight_messages 0' });
  const rule = 'to: task, worker_type: echo, payload: {n: {ref: /body}}';
  const gateway = await startGateway(
    t,
    await bus.connect(),
    `kind: gateway\nmqtt:\n  - {url: "${broker.url}", rules: [{topics: ["hold/#"], ${rule}}, {topics: ["ack/#"], on_unheard: ack, ${rule}}, {topics: ["zero/#"], qos: 0, ${rule}}]}\n`,
  );
  await connected(gateway);
  const device = await deviceAt(t, broker.url);
  for (let n = 0; n < 5; n += 1) await device.publish('hold/x', String(n));
  await device.publish('ack/x', '1');
  await device.publish('zero/x', '1', { qos: 0 });
  await until('what is told at once', () => acknowledged(broker.log()) === 1);
  await until(
    'what is held',
    () => gateway.events.length > 0 && broker.log().split('Sending PUBLISH to heddle').length > 7,
  );
  await reaches(gateway, 'mqtt_held{input="mqtt"}', 5);
  await reaches(gateway, outcome('unheard'), 1);
  await reaches(gateway, outcome('lost'), 1);
  const listener = await bus.connect();
  const tasks = await incoming(listener);
  await until('the held ones, once somebody listens', () => tasks.length >= 5);
  await until('their acknowledgement', () => acknowledged(broker.log()) === 6);
  assert.deepEqual(tasks.map(({ payload }) => (payload as { n: number }).n).sort(), [0, 1, 2, 3, 4]);
  await bus.stop();
  for (let n = 5; n < 10; n += 1) await device.publish('hold/x', String(n));
  await until('the loss of the bus', () => broker.log().split('Sending PUBLISH to heddle').length > 12);
  assert.equal(acknowledged(broker.log()), 6);
  await bus.restart();
  await until('the others', () => new Set(tasks.map(({ task_id: id }) => id)).size === 10, 20_000);
  await until('the word for all', () => acknowledged(broker.log()) === 11);
  await reaches(gateway, 'mqtt_inflight{input="mqtt"}', 0);
});

test('what is not acknowledged comes again under the same id, to the next gateway too', { skip }, async (t) => {
  const bus = await busFor(t);
  const broker = await mosquittoFor(t);
  const config = `kind: gateway\nmqtt: [{url: "${broker.url}", topics: ["t/#"], to: task, worker_type: echo, payload: {n: {ref: /body}}}]\n`;
  const first = await startGateway(t, await bus.connect(), config);
  await connected(first);
  const device = await deviceAt(t, broker.url);
  for (let n = 0; n < 3; n += 1) await device.publish('t/x', '7');
  await until('three that are held', () => broker.log().split('Sending PUBLISH to heddle').length > 3);
  await reaches(first, 'mqtt_held{input="mqtt"}', 3);
  await first.drain(3_000);
  assert.equal(acknowledged(broker.log()), 0);
  const tasks = await incoming(await bus.connect());
  const second = await startGateway(t, await bus.connect(), config);
  await until('the three', () => tasks.length === 3);
  await until('their acknowledgement', () => acknowledged(broker.log()) === 3);
  assert.equal(new Set(tasks.map(({ task_id: id }) => id)).size, 3, 'the same reading three times is three tasks');
  await reaches(second, 'mqtt_redelivered_total{input="mqtt"}', 3);
  const metadata = tasks.map(({ metadata }) => (metadata as { mqtt: { duplicate: boolean } }).mqtt.duplicate);
  assert.deepEqual(metadata, [true, true, true]);
});

test('a broker that goes is dialled again for ever, and its answers wait', { skip }, async (t) => {
  const bus = await busFor(t);
  const broker = await mosquittoFor(t, {
    config: 'persistence true\npersistence_location FOLDER/\nautosave_interval 1\nautosave_on_changes true',
  });
  const transport = await bus.connect();
  let answer: (() => void) | undefined;
  transport.subscribe('heddle.tasks.incoming', ({ data }) => {
    const task = JSON.parse(Buffer.from(data).toString()) as Record<string, string>;
    answer = () =>
      transport.publish(
        `heddle.results.${task.parent_task_id}`,
        JSON.stringify({
          task_id: task.task_id,
          parent_task_id: task.parent_task_id,
          worker_type: 'x',
          status: 'completed',
          output: { a: 1 },
        }),
      );
  });
  await transport.flush();
  const gateway = await startGateway(
    t,
    await bus.connect(),
    `kind: gateway\nmqtt: [{url: "${broker.url}", topics: ["t/#"], to: task, worker_type: x, reply: {topic: "r/x", send: output, retain: true}}]\n`,
  );
  await connected(gateway);
  const device = await deviceAt(t, broker.url);
  await device.publish('t/x', '1');
  await until('the task', () => answer !== undefined);
  await until('its acknowledgement', () => acknowledged(broker.log()) === 1);
  await broker.kill();
  await until('the news', () => gateway.events.some(({ kind }) => kind === 'mqtt_disconnected'));
  const away = (await bodyOf(await gateway.ask('/readyz'))).mqtt as { broker: string; reason: string }[];
  assert.equal(away[0]?.broker, 'away');
  answer?.();
  await broker.start();
  await connected(gateway, 2);
  const late = await deviceAt(t, broker.url, ['r/#']);
  await until('the answer', () => late.heard.length > 0, 15_000);
  assert.equal(late.heard[0]?.text, '{"a":1}');
});

test('a message of an id that has its answer is answered with it, as long as requests are kept; then it is work again', {
  skip,
}, async (t) => {
  const bus = await busFor(t);
  const broker = await mosquittoFor(t);
  const clock = createFakeClock();
  await actors(t, await bus.connect());
  const gateway = await startGateway(
    t,
    await bus.connect(),
    `kind: gateway\nstore: {ttl_s: 60}\nmqtt: [{url: "${broker.url}", topics: ["t/#"], to: task, worker_type: echo, id: "{/body/id}", reply: r/x}]\n`,
    { clock },
  );
  await connected(gateway);
  const device = await deviceAt(t, broker.url, ['r/#']);
  const say = async (count: number): Promise<void> => {
    await device.publish('t/x', '{"id":"a"}');
    await until('the answer', () => device.heard.length === count);
  };
  await say(1);
  await say(2);
  await reaches(gateway, outcome('answered'), 1);
  clock.set(clock.now() + 60_000);
  await say(3);
  await reaches(gateway, outcome('accepted'), 2);
});

test('version 5: the message says where its answer goes, what it belongs to, and until when it counts', {
  skip,
}, async (t) => {
  const bus = await busFor(t);
  const broker = await mosquittoFor(t);
  const gateway = await startGateway(
    t,
    await bus.connect(),
    `kind: gateway\nmqtt:\n  - {url: "${broker.url}", version: 5, share: replicas, topics: ["t/#"], to: task, worker_type: echo, reply: "answers/usual"}\n`,
  );
  await connected(gateway);
  const device = await deviceAt(t, broker.url, ['me/#', 'answers/#'], { protocolVersion: 5 });
  const correlationData = Buffer.from([1, 0, 255]);
  // Nobody listens yet: one counts for a second, the other for an hour.
  await device.publish('t/short', '1', { properties: { messageExpiryInterval: 1, responseTopic: 'me/short' } });
  await device.publish('t/long', '2', {
    properties: { messageExpiryInterval: 3600, responseTopic: 'me/long', correlationData },
  });
  await until('both', () => broker.log().split('Sending PUBLISH to heddle').length > 2);
  await reaches(gateway, outcome('expired'), 1);
  await actors(t, await bus.connect());
  await until('the answer', () => device.heard.length > 0, 15_000);
  const [answer] = device.heard;
  assert.equal(answer?.topic, 'me/long');
  assert.deepEqual(answer.packet.properties?.correlationData, correlationData);
  assert.equal(answer.packet.properties?.contentType, 'application/json');
  assert.equal((JSON.parse(answer.text) as { output: unknown }).output !== null, true);
  await device.publish('t/other', '3');
  await until('that of the rule', () => device.heard.length === 2);
  assert.equal(device.heard[1]?.topic, 'answers/usual');
  // An answer that would come back as work is not sent.
  await device.publish('t/loop', '4', { properties: { responseTopic: 't/again' } });
  await reaches(gateway, 'mqtt_replies_total{input="mqtt",outcome="refused"}', 1);
  await reaches(gateway, outcome('accepted'), 3);
});

test('replicas with one share take each message once', { skip }, async (t) => {
  const bus = await busFor(t);
  const tasks = await incoming(await bus.connect());
  const broker = await mosquittoFor(t);
  const replica = async (clientId: string, version: string): Promise<TestGateway> => {
    const gateway = await startGateway(
      t,
      await bus.connect(),
      `kind: gateway\nmqtt: [{url: "${broker.url}", version: "${version}", client_id: heddle-${clientId}, share: g, topics: ["t/+"], to: task, worker_type: echo}]\n`,
    );
    await connected(gateway);
    return gateway;
  };
  const replicas = await Promise.all([replica('a', '3.1.1'), replica('b', '5')]);
  const device = await deviceAt(t, broker.url);
  await until('both subscriptions', () => broker.log().split('Sending SUBACK to heddle').length === 3);
  await Promise.all(Array.from({ length: 200 }, (_, n) => device.publish(`t/${n}`, String(n))));
  await until('all', () => tasks.length >= 200);
  await until('the word for all', () => acknowledged(broker.log()) === 200);
  assert.equal(tasks.length, 200);
  const shares = await Promise.all(replicas.map((each) => metric(each, outcome('accepted'))));
  assert.equal((shares[0] as number) + (shares[1] as number), 200);
  assert.ok(
    shares.every((share) => share > 0),
    `one had all: ${shares.join(', ')}`,
  );
});

test('a broker with TLS and certificates, or with a password, lets in who has them, and says why not', {
  skip,
}, async (t) => {
  const bus = await busFor(t);
  const tasks = await incoming(await bus.connect());
  const authority = newAuthority('ca');
  const server = authority.issue({ name: 'broker', hosts: ['127.0.0.1'] });
  const client = authority.issue({ name: 'gateway' });
  const broker = await mosquittoFor(t, {
    listener: 'cafile FOLDER/ca.crt\ncertfile FOLDER/s.crt\nkeyfile FOLDER/s.key\nrequire_certificate true',
    files: { 'ca.crt': authority.cert, 's.crt': server.cert, 's.key': server.key },
  });
  const url = broker.url.replace('mqtt:', 'mqtts:');
  const files = { 'ca.crt': authority.cert, 'c.crt': client.cert, 'c.key': client.key };
  const mapping = 'topics: ["t/#"], to: task, worker_type: echo';
  const good = await startGateway(
    t,
    await bus.connect(),
    `kind: gateway\nmqtt: [{url: "${url}", tls: {ca: ca.crt, cert: c.crt, key: c.key}, ${mapping}}]\n`,
    { files },
  );
  await connected(good);
  const device = await deviceAt(t, url, [], { ca: authority.cert, cert: client.cert, key: client.key });
  await device.publish('t/x', '1');
  await until('its task', () => tasks.length === 1);
  const bad = await startGateway(t, await bus.connect(), `kind: gateway\nmqtt: [{url: "${url}", ${mapping}}]\n`);
  await until('the refusal', () => bad.events.some(({ kind }) => kind === 'mqtt_disconnected'));
  assert.match(JSON.stringify(bad.events), /certificate/i);

  // mosquitto's own form of a password: PBKDF2 is not needed where it hashes at its start.
  const closed = await mosquittoFor(t, { config: 'allow_anonymous false' });
  const refused = await startGateway(
    t,
    await bus.connect(),
    `kind: gateway\nmqtt: [{url: "${closed.url}", user: gw, password: {env: PW}, ${mapping}}]\n`,
    { env: { PW: 'short' } },
  );
  await until('the reason', () =>
    refused.events.some((event) => event.kind === 'mqtt_disconnected' && /not authorized/i.test(event.reason)),
  );
  assert.doesNotMatch(JSON.stringify(refused.events), /short/);
  await assert.rejects(
    startGateway(
      t,
      await bus.connect(),
      `kind: gateway\nmqtt: [{url: "${closed.url}", user: gw, password: {env: PW}, ${mapping}}]\n`,
    ),
    /mqtt mqtt: the variable PW is not set/,
  );
});
