import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTopology } from '../../src/topology/build-topology.ts';
import type { Connection } from '../../src/topology/connection.ts';
import { hearersOf } from '../../src/topology/hearers.ts';
import type { Listener } from '../../src/topology/topology.ts';
import { client, healthy } from './made-up.ts';

const cids = (listeners: readonly (Listener | Connection)[]): number[] =>
  listeners.map((each) => ('connection' in each ? each.connection.cid : each.cid));

test('every client of a healthy bus has its place', () => {
  const map = buildTopology(healthy().reverse());
  assert.deepEqual(cids(map.routers), [1]);
  assert.deepEqual(
    map.workers.map(({ type, tier, replicas, copies, groups }) => [
      type,
      tier,
      replicas,
      copies,
      groups.map((each) => [each.queue, each.kind, each.replicas, each.received, each.slowestRttMs]),
    ]),
    [
      ['echo', 'local', 2, 1, [['processors-echo', 'processor', 2, 7, 0.3]]],
      ['summarizer', 'standard', 1, 1, [['workers-summarizer', 'llm', 1, 0, 0.4]]],
    ],
  );
  assert.deepEqual(
    map.goalTakers.map((each) => [each.queue, each.replicas]),
    [['pipelines', 1]],
  );
  assert.deepEqual(cids(map.resultListeners), [5]);
  assert.deepEqual(cids(map.deadLetterListeners), [6]);
  assert.deepEqual(cids(map.controlListeners), [2, 3, 4, 5]);
  assert.deepEqual(cids(map.schedulers), [9]);
  assert.deepEqual(cids(map.watchers), [7]);
  assert.deepEqual(cids(map.silent), [11]);
  assert.deepEqual(cids(map.others), [10]);
  assert.equal(map.self?.cid, 8);
});

test('the order in which servers answer changes nothing', () => {
  assert.deepEqual(buildTopology(healthy().reverse()), buildTopology(healthy()));
});

test('what a subscription makes of its client', () => {
  const cases: readonly [subject: string, list: string, more?: Partial<Connection>][] = [
    ['heddle.tasks.incoming', 'routers'],
    ['heddle.tasks.incoming', 'routers', { name: 'heddle-ts router' }],
    ['heddle.tasks.incoming', 'watchers', { name: 'heddle-ts tail' }],
    ['heddle.tasks.incoming', 'watchers', { name: 'NATS CLI Version 0.1.5' }],
    ['heddle.goals.incoming', 'goalTakers'],
    ['heddle.goals.incoming', 'watchers', { name: 'heddle-ts tail' }],
    ['heddle.tasks.x.gpu', 'workers'],
    ['heddle.tasks.x.gpu', 'watchers', { name: 'heddle-ts submit' }],
    ['heddle.tasks.x.gpu', 'workers', { name: 'heddle-ts worker' }],
    ['heddle.tasks.dead_letter', 'deadLetterListeners', { name: 'heddle-ts dead-letter' }],
    ['heddle.tasks.dead_letter', 'gateways', { name: 'heddle-ts gateway edge' }],
    ['heddle.results.default', 'resultListeners', { name: 'heddle-ts submit' }],
    ['heddle.results.>', 'resultListeners'],
    ['heddle.control.reload', 'controlListeners'],
    ['heddle.scheduler.a', 'schedulers'],
    ['heddle.>', 'watchers'],
    ['>', 'watchers'],
    ['*.tasks.incoming', 'watchers'],
    ['heddle.tasks.*.local', 'watchers'],
    ['heddle.tasks.x.*', 'watchers'],
    ['heddle.tasks.x.* @audit', 'watchers'],
    ['heddle.tasks.x.* @processors-x', 'workers'],
    ['heddle.tasks.a.b.> @workers-a.b', 'workers'],
    ['heddle.tasks.* @processors-x', 'watchers'],
    ['heddle.rejections.order.42.denied', 'watchers'],
    ['heddle.events.>', 'watchers'],
    ['_INBOX.x.*', 'silent'],
    ['_INBOX.x', 'silent'],
    ['_INBOX.x.*', 'observers', { name: 'heddle-ts status' }],
    ['orders', 'others'],
    ['orders.>', 'others'],
    ['heddle.nightly', 'none'],
    ['heddle.tasks..local', 'none'],
    ['__proto__', 'silent'],
  ];
  for (const [subject, list, more] of cases) {
    const map = buildTopology([client(1, [subject], more)]);
    const found = (
      [
        'routers',
        'workers',
        'goalTakers',
        'resultListeners',
        'deadLetterListeners',
        'controlListeners',
        'schedulers',
        'gateways',
        'watchers',
        'silent',
        'observers',
        'others',
      ] as const
    ).filter((each) => map[each].length > 0);
    assert.deepEqual(found, list === 'none' ? [] : [list], `${subject} ${JSON.stringify(more ?? {})}`);
  }
});

test('a client whose subscriptions were not listed is not called silent, nor is another server', () => {
  const map = buildTopology([client(1, [], { unlisted: 2 }), client(2, [], { kind: 'Leafnode' })]);
  assert.deepEqual(map.silent, []);
});

test('who would get a message: those who act, and those who look on', () => {
  const map = buildTopology([
    client(1, ['heddle.tasks.echo.local @processors-echo']),
    client(2, ['heddle.tasks.*.local @any']),
    client(3, ['heddle.>']),
    client(4, ['heddle.tasks.echo.local'], { name: 'heddle-ts tail' }),
    client(5, ['heddle.tasks.echo.local'], { self: true }),
    client(6, ['heddle.tasks.echo']),
    client(7, ['>'], { kind: 'Leafnode' }),
  ]);
  const { actors, watchers } = hearersOf(map, 'heddle.tasks.echo.local');
  assert.deepEqual(cids(actors), [1, 2]);
  assert.deepEqual(cids(watchers), [3, 4]);
});

test('a worker of every tier shares with those of one tier in its group, and doubles their work in another', () => {
  const copies = (...all: string[]): unknown =>
    buildTopology(all.map((each, at) => client(at + 1, [each]))).workers.map((each) => [each.tier, each.copies]);
  const every = 'heddle.tasks.x.* @processors-x';
  assert.deepEqual(copies(every, 'heddle.tasks.x.local @processors-x'), [
    ['*', 1],
    ['local', 1],
  ]);
  assert.deepEqual(copies(every, 'heddle.tasks.x.local @workers-x'), [
    ['*', 1],
    ['local', 2],
  ]);
});
