import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedFlush } from '../../src/delivery/flush.ts';
import { HeddleError } from '../../src/errors.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** A transport whose flushes end when the test says so. */
function slowTransport(): { transport: Transport; flushes: { resolve: () => void; reject: (error: Error) => void }[] } {
  const flushes: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const flush = (): Promise<void> => new Promise((resolve, reject) => flushes.push({ resolve, reject }));
  return { transport: { flush, onEvent: () => () => {} } as unknown as Transport, flushes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who asks while a flush is under way gets the next one, and shares it', async () => {
  const { transport, flushes } = slowTransport();
  const shared = new SharedFlush(transport);
  const done: string[] = [];
  const note = (name: string) => () => void done.push(name);
  void shared.flush().then(note('first'));
  void shared.flush().then(note('second'));
  void shared.flush().then(note('third'));
  assert.equal(flushes.length, 1);
  flushes[0]?.resolve();
  await turn();
  assert.deepEqual(done, ['first'], 'the ping of the first may have left before the message of the second');
  assert.equal(flushes.length, 2);
  flushes[1]?.resolve();
  await turn();
  assert.deepEqual(done, ['first', 'second', 'third']);
  void shared.flush().then(note('fourth'));
  assert.equal(flushes.length, 3);
  flushes[2]?.resolve();
  await turn();
  assert.equal(done.length, 4);
});

test('a flush that fails fails those who shared it, and nobody after them', async () => {
  const { transport, flushes } = slowTransport();
  const shared = new SharedFlush(transport);
  const first = assert.rejects(shared.flush(), /gone/);
  const second = shared.flush();
  flushes[0]?.reject(new Error('gone'));
  await first;
  await turn();
  flushes[1]?.resolve();
  await second;
});

test('a connection that is lost under a flush is told to everybody who had published before', async () => {
  const { transport, flushes } = slowTransport();
  const shared = new SharedFlush(transport);
  const lost = { code: 'connection_lost' };
  const first = assert.rejects(shared.flush(), lost);
  // Only the first flush after a loss tells of it: the next one would confirm what never arrived.
  const second = assert.rejects(shared.flush(), lost);
  flushes[0]?.reject(new HeddleError('connection_lost', 'lost'));
  await Promise.all([first, second]);
  const after = shared.flush();
  flushes[1]?.resolve();
  await after;
});
