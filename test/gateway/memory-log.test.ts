import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Interest, Told } from '../../src/gateway/hub/frame.ts';
import { MemoryLog } from '../../src/gateway/hub/memory-log.ts';
import { addressToken } from '../../src/gateway/requests/record.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';

// What is kept for clients without JetStream: bounded in bytes, in memory that is used again, and never under somebody who reads.

const NEVER = new AbortController().signal;
const LARGE = 200_000;

function logOf(): { log: MemoryLog; told: Told[]; send: (text: string, client?: string) => Promise<void> } {
  const told: Told[] = [];
  const log = new MemoryLog('e', 60_000, createFakeClock(), { told: (each) => void told.push(each), broken: () => {} });
  let sent = 0;
  const send = async (text: string, client = 'c'): Promise<void> => {
    sent += 1;
    const data = JSON.stringify({ n: sent, text });
    await log.append({ key: String(sent), to: { owner: 'o', client }, request: 'gw-1', event: 'task/progress', data });
  };
  return { log, told, send };
}

function interestOf(client = 'c'): Interest {
  return { owner: addressToken('o'), client: addressToken(client), request: undefined };
}

/** The number and the text of each frame, read while it is told. */
async function replayed(log: MemoryLog, client?: string): Promise<{ n: number; text: string }[]> {
  const all: { n: number; text: string }[] = [];
  for await (const { data } of log.replay(interestOf(client), 0, NEVER)) all.push(JSON.parse(data.toString()));
  return all;
}

function letter(at: number): string {
  return String.fromCharCode(97 + (at % 26));
}

test('of large frames the latest are kept, up to 1 MiB a client, each as it was', async () => {
  const { log, told, send } = logOf();
  for (let at = 1; at <= 100; at += 1) await send(letter(at).repeat(LARGE + (at % 3)));
  const kept = await replayed(log);
  assert.deepEqual(
    kept.map(({ n }) => n),
    [96, 97, 98, 99, 100],
  );
  for (const { n, text } of kept) assert.equal(text, letter(n).repeat(LARGE + (n % 3)));
  assert.deepEqual(await log.reach(interestOf()), { from: 95, to: 100 });
  // Who listens was told all of them.
  assert.deepEqual(
    told.map(({ offset }) => offset),
    Array.from({ length: 100 }, (_, at) => at + 1),
  );
  await log.close();
});

test('a frame is kept as text, and where it is long as its bytes, each read as it was sent', async () => {
  const { log, told, send } = logOf();
  const texts = ['x'.repeat(100), 'x'.repeat(16_000), 'x'.repeat(17_000), 'ü€'.repeat(10_000), 'x'.repeat(100_000)];
  for (const text of texts) await send(text);
  const kept: Told['data'][] = [];
  for await (const { data } of log.replay(interestOf(), 0, NEVER)) kept.push(data);
  assert.deepEqual(
    kept.map((data) => typeof data),
    ['string', 'string', 'object', 'object', 'object'],
  );
  for (const [at, data] of kept.entries()) {
    assert.equal(Buffer.from(data).toString(), told[at]?.data);
    assert.equal(JSON.parse(Buffer.from(data).toString()).text, texts[at]);
  }
  await log.close();
});

test('large frames are written into the same memory again', async () => {
  const { log, send } = logOf();
  const seen = new Set<ArrayBufferLike>();
  for (let at = 1; at <= 60; at += 1) {
    await send(`${letter(at)}ü€`.repeat(LARGE / 6));
    for await (const { data } of log.replay(interestOf(), at - 1, NEVER)) {
      if (typeof data !== 'string') seen.add(data.buffer);
    }
  }
  assert.equal(seen.size, 5);
  await log.close();
});

test('who is still being told what it missed gets it as it was, however much comes meanwhile', async () => {
  const { log, send } = logOf();
  for (let at = 1; at <= 5; at += 1) await send(letter(at).repeat(LARGE));
  const read: string[] = [];
  for await (const { data } of log.replay(interestOf(), 0, NEVER)) {
    read.push(JSON.parse(data.toString()).text);
    // All that it found has gone from the log since.
    for (let more = 0; more < 6; more += 1) await send('!'.repeat(LARGE));
  }
  assert.deepEqual(
    read,
    [1, 2, 3, 4, 5].map((at) => letter(at).repeat(LARGE)),
  );
  await log.close();
});

test('a frame larger than all that is kept of a client is told, and missing for who comes back', async () => {
  const { log, told, send } = logOf();
  await send('before');
  await send('x'.repeat(2 * 1024 * 1024));
  await send('after');
  assert.equal(told.length, 3);
  assert.deepEqual(
    (await replayed(log)).map(({ text }) => text),
    ['after'],
  );
  assert.deepEqual(await log.reach(interestOf()), { from: 2, to: 3 });
  await log.close();
});

test('all clients together take no more than 16 MiB: who has most gives first', async () => {
  const { log, send } = logOf();
  await send('small', 'quiet');
  for (let at = 0; at < 200; at += 1) await send('x'.repeat(LARGE), `loud-${at % 20}`);
  let bytes = 0;
  for (let at = 0; at < 20; at += 1) for (const { text } of await replayed(log, `loud-${at}`)) bytes += text.length;
  assert.ok(bytes > 8 * 1024 * 1024 && bytes <= 16 * 1024 * 1024, String(bytes));
  assert.deepEqual(await replayed(log, 'quiet'), [{ n: 1, text: 'small' }]);
  await log.close();
});
