import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GapWatch } from '../../src/tail/gap-watch.ts';
import type { BusEvent } from '../../src/transport/transport.ts';

const server = 'nats://x:1';
const disconnected: BusEvent = { kind: 'disconnected', server, reason: 'why' };
const reconnected: BusEvent = { kind: 'reconnected', server };
const stale: BusEvent = { kind: 'stale', server };
const slow: BusEvent = { kind: 'slow_consumer', pattern: '', pending: 0 };

test('gaps from the news of a connection', () => {
  type Step = [event: BusEvent, at: number, lastMessage?: number];
  const cases: [string, readonly Step[], { reason: string; from: number } | undefined][] = [
    [
      'a socket that closed',
      [
        [disconnected, 100],
        [reconnected, 200],
      ],
      { reason: 'disconnected', from: 100 },
    ],
    [
      'silence began up to three pings before',
      [
        [stale, 100_000],
        [disconnected, 100_001],
        [reconnected, 101_000],
      ],
      { reason: 'stale', from: 70_001 },
    ],
    [
      'but not before the last message',
      [
        [stale, 100_000, 90_000],
        [disconnected, 100_000, 90_000],
        [reconnected, 101_000],
      ],
      { reason: 'stale', from: 90_000 },
    ],
    [
      'what the server held when it cut us',
      [
        [slow, 50_000, 49_000],
        [disconnected, 50_100, 49_000],
        [reconnected, 51_000],
      ],
      { reason: 'slow_consumer', from: 49_000 },
    ],
    [
      'told twice',
      [
        [disconnected, 100],
        [disconnected, 150],
        [reconnected, 200],
      ],
      { reason: 'disconnected', from: 100 },
    ],
    [
      'an omen is forgotten with its gap',
      [
        [slow, 1],
        [disconnected, 2],
        [reconnected, 3],
        [disconnected, 10],
        [reconnected, 20],
      ],
      { reason: 'disconnected', from: 10 },
    ],
    ['a reconnect without a loss', [[reconnected, 20]], undefined],
  ];
  for (const [name, steps, expected] of cases) {
    const watch = new GapWatch(10_000);
    let closed: ReturnType<GapWatch['hear']>;
    for (const [event, at, last = 0] of steps) closed = watch.hear(event, at, last);
    assert.deepEqual(closed && { reason: closed.reason, from: closed.from }, expected, name);
    assert.equal(watch.open, undefined, name);
  }
});

test('a gap that is still open at the end', () => {
  const watch = new GapWatch(10_000);
  watch.hear(disconnected, 100, 0);
  assert.deepEqual(watch.close(), { reason: 'disconnected', from: 100, detail: 'why' });
  assert.equal(watch.close(), undefined);
});
