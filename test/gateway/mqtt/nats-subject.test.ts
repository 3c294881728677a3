import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenerSubject } from '../../../src/gateway/mqtt/nats-subject.ts';
import { connect } from '../../../src/transport/nats.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { findNewestNatsServer, natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { freePort } from '../../helpers/ports.ts';
import { until } from '../../http/raw.ts';
import { deviceAt } from './broker.ts';

noLeaks();

/** What servers make of them; undefined: they close the connection. Those with a dot are known to newer servers alone. */
const SEEN: Readonly<Record<string, string | undefined>> = {
  'heddle/tasks/incoming': 'heddle.tasks.incoming',
  '/a': '/.a',
  'a//b': 'a./.b',
  'a/': 'a./',
  '/': '/./',
  '//': '/././',
  'a///b': 'a././.b',
  '//a//': '/./.a././',
  'x/y/*': 'x.y.*',
  'x/>': 'x.>',
  'x/a*b': 'x.a*b',
  'ü/温': 'ü.温',
  '$x/y': '$x.y',
  '𝒳//': '𝒳././',
  'a.b/c': 'a//b.c',
  '.a': '//a',
  'a..b': 'a////b',
  'a/./b': 'a.//.b',
  'a.': 'a//',
  'a b/c': undefined,
  'a/+b': undefined,
};

test('a topic has the subject that servers were seen to make of it, and its traps are named', () => {
  for (const [topic, subject] of Object.entries(SEEN)) assert.equal(listenerSubject(topic).subject, subject, topic);
  assert.deepEqual(listenerSubject('a/+/b/#'), {
    topic: 'a/+/b/#',
    subject: 'a.*.b.>',
    isFilter: true,
    traps: [
      '# means the level above it, too, and > does not: two subscriptions are needed in NATS',
      'it is a filter: it can be subscribed to, and nobody can publish there',
    ],
  });
  assert.deepEqual(listenerSubject('heddle/tasks/incoming').traps, []);
  assert.match(listenerSubject('heddle.tasks.incoming').traps.join(), /the topic is heddle\/tasks\/incoming/);
  for (const [topic, trap] of [
    ['/a', /empty level/],
    ['a b', /a space/],
    ['x/*', /wildcards of NATS/],
    ['a/#/b', /for the last/],
    ['', /empty/],
    ['$SYS/x', /servers themselves/],
    ['heddle/results/default', /parent_task_id/],
  ] as const) {
    assert.match(listenerSubject(topic).traps.join(), trap, topic);
  }
});

for (const [name, program, knowsDots] of [
  ['of this machine', undefined, false],
  ['that is the newest', findNewestNatsServer(), true],
] as const) {
  const missing = knowsDots && program === undefined ? 'HEDDLE_NATS_SERVER_NEWEST names none' : false;
  test(`the nats-server ${name} makes of topics what is said here`, {
    skip: missing || skipWithoutNatsServer(),
  }, async (t) => {
    const port = await freePort();
    const server = await natsServerFor(t, {
      program,
      config: `server_name: one\njetstream { store_dir: "FOLDER/js" }\nmqtt { host: 127.0.0.1, port: ${port} }\n`,
    });
    const bus = await connect({ servers: [server.url], timeoutMs: 20_000 });
    t.after(() => bus.close());
    const heard: string[] = [];
    bus.subscribe('>', ({ subject }) => {
      if (!/^\$(?:MQTT|JS|SYS)/.test(subject)) heard.push(subject);
    });
    await bus.flush();
    const device = await deviceAt(t, `mqtt://127.0.0.1:${port}`, [], { clientId: 'one' });
    const topics = Object.keys(SEEN).filter(
      (topic) => SEEN[topic] !== undefined && (knowsDots || !topic.includes('.')),
    );
    for (const topic of topics) await device.publish(topic, 'x', { qos: 0 });
    await until('all of them', () => heard.length >= topics.length);
    assert.deepEqual(
      heard,
      topics.map((topic) => SEEN[topic]),
    );
  });
}
