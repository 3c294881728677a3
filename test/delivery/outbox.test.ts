import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutbox, type Parcel } from '../../src/delivery/outbox.ts';
import { HeddleError } from '../../src/errors.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import type { BusEvent, Message, PublishOptions, Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

/** A bus whose every step the test decides. */
function puppet() {
  const published: { subject: string; text: string; reply: string | undefined }[] = [];
  const flushes: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const listeners = new Set<(event: BusEvent) => void>();
  let inbox: ((message: Message) => void) | undefined;
  let refusal: HeddleError | undefined;
  const transport = {
    info: { headers: true },
    publish(subject: string, text: string, options?: PublishOptions) {
      if (refusal !== undefined) throw refusal;
      published.push({ subject, text, reply: options?.reply });
    },
    flush: () => new Promise<void>((resolve, reject) => flushes.push({ resolve, reject })),
    onEvent(hear: (event: BusEvent) => void) {
      listeners.add(hear);
      return () => void listeners.delete(hear);
    },
    inbox: () => '_INBOX.x',
    subscribe(_pattern: string, handler: (message: Message) => void) {
      inbox = handler;
      return { unsubscribe: () => (inbox = undefined) };
    },
  };
  return {
    bus: transport as unknown as Transport,
    texts: () => published.map(({ text }) => text).join(''),
    published,
    say: (kind: 'disconnected' | 'reconnected' | 'closed') => {
      for (const listener of listeners) listener({ kind, server: 's' } as BusEvent);
    },
    refuse: (error: HeddleError | undefined) => (refusal = error),
    /** The server's pong, or the news that the connection broke. */
    async pong(error?: Error) {
      const flush = flushes.shift();
      assert.ok(flush !== undefined, 'nothing is being confirmed');
      if (error === undefined) flush.resolve();
      else flush.reject(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
    flushing: () => flushes.length,
    nobody: (reply: string) => inbox?.({ subject: reply, data: Buffer.alloc(0), headers: { code: 503 } as never }),
    listensForNobody: () => inbox !== undefined,
  };
}

function parcels() {
  const losses: string[] = [];
  const parcel = (text: string): Parcel => ({ subject: 's', text, lost: (how) => losses.push(`${text} ${how}`) });
  return { losses, parcel };
}

const lost = new HeddleError('connection_lost', 'gone');

test('one flush at a time confirms what was handed over before it', async () => {
  const { bus, texts, pong, flushing } = puppet();
  const { losses, parcel } = parcels();
  const outbox = createOutbox(bus);
  for (const text of 'abc') outbox.send(parcel(text));
  assert.deepEqual([texts(), flushing(), outbox.open], ['abc', 1, 3]);
  await pong();
  assert.deepEqual([flushing(), outbox.open], [1, 2], 'b and c came after the first flush');
  await pong();
  assert.deepEqual([flushing(), outbox.open], [0, 0]);
  await outbox.settle(1_000);
  assert.deepEqual(losses, []);
});

test('while the connection is away everything is held, in order', async () => {
  const { bus, texts, pong, say } = puppet();
  const { losses, parcel } = parcels();
  const outbox = createOutbox(bus);
  say('disconnected');
  for (const text of 'abc') outbox.send(parcel(text));
  assert.equal(texts(), '');
  say('reconnected');
  assert.equal(texts(), 'abc');
  await pong();
  await outbox.settle(1_000);
  assert.deepEqual(losses, []);
});

test('what was under way when the connection broke is reported, and never sent twice', async () => {
  const { bus, texts, pong, say } = puppet();
  const { losses, parcel } = parcels();
  const outbox = createOutbox(bus);
  outbox.send(parcel('a'));
  say('disconnected');
  outbox.send(parcel('b'));
  await pong(lost);
  assert.deepEqual(losses, ['a unconfirmed']);
  say('reconnected');
  assert.equal(texts(), 'ab');
  await pong();
  await outbox.settle(1_000);
  assert.deepEqual(losses, ['a unconfirmed']);
});

test('a publish that meets the loss first keeps the parcel; another refusal is the end of that one', async () => {
  const { bus, texts, pong, say, refuse } = puppet();
  const { losses, parcel } = parcels();
  const outbox = createOutbox(bus);
  refuse(lost);
  outbox.send(parcel('a'));
  refuse(undefined);
  say('reconnected');
  assert.equal(texts(), 'a');
  await pong();
  refuse(new HeddleError('payload_too_large', 'too large'));
  outbox.send(parcel('b'));
  refuse(undefined);
  outbox.send(parcel('c'));
  await pong();
  assert.deepEqual([texts(), losses], ['ac', ['b unsent']]);
  await outbox.settle(1_000);
});

test('after a reconnect, what nobody heard is sent again until somebody does', async () => {
  const { bus, texts, published, pong, say, nobody } = puppet();
  const { losses, parcel } = parcels();
  const clock = createFakeClock();
  const outbox = createOutbox(bus, clock);
  say('disconnected');
  outbox.send(parcel('a'));
  outbox.send(parcel('b'));
  say('reconnected');
  const [first] = published;
  assert.match(first?.reply ?? '', /^_INBOX\.x\./);
  nobody(first?.reply ?? '');
  await pong();
  assert.equal(outbox.open, 1, 'b was heard');
  await clock.advance(249);
  assert.equal(texts(), 'ab');
  await clock.advance(1);
  assert.equal(texts(), 'aba');
  assert.notEqual(published[2]?.reply, first?.reply);
  await pong();
  await outbox.settle(1_000);
  assert.deepEqual([losses, clock.waiting], [[], 0]);
});

test('some time after the reconnect, what is still heard by nobody is reported, and nobody is asked any more', async () => {
  const { bus, texts, published, pong, say, nobody, listensForNobody } = puppet();
  const { losses, parcel } = parcels();
  const clock = createFakeClock();
  const outbox = createOutbox(bus, clock);
  say('disconnected');
  outbox.send(parcel('a'));
  say('reconnected');
  for (let tries = 0; tries < 120; tries += 1) {
    assert.deepEqual(losses, []);
    nobody(published[tries]?.reply ?? '');
    await pong();
    await clock.advance(250);
  }
  assert.deepEqual([texts().length, losses, clock.elapsed()], [120, ['a unheard'], 30_000]);
  assert.equal(listensForNobody(), false);
  await outbox.settle(1_000);
});

test('in ordinary times nobody is asked who hears', async () => {
  const { bus, published, pong, listensForNobody } = puppet();
  const { parcel } = parcels();
  const outbox = createOutbox(bus);
  outbox.send(parcel('a'));
  await pong();
  assert.deepEqual([published[0]?.reply, listensForNobody()], [undefined, false]);
  await outbox.settle(1_000);
});

test('at the end of the grace everything left is reported as what it is', async () => {
  const { bus, pong, say, nobody, published } = puppet();
  const { losses, parcel } = parcels();
  const clock = createFakeClock();
  const outbox = createOutbox(bus, clock);
  say('disconnected');
  say('reconnected');
  outbox.send(parcel('a'));
  nobody(published[0]?.reply ?? '');
  await pong();
  outbox.send(parcel('b'));
  say('disconnected');
  outbox.send(parcel('c'));
  const settling = outbox.settle(30);
  await clock.advance(30);
  await settling;
  assert.deepEqual(losses.sort(), ['a unheard', 'b unconfirmed', 'c unsent']);
  assert.equal(outbox.open, 0);
});

test('a connection that is closed for good ends the waiting', async () => {
  const { bus, say } = puppet();
  const { losses, parcel } = parcels();
  const outbox = createOutbox(bus);
  say('disconnected');
  outbox.send(parcel('a'));
  say('closed');
  await outbox.settle(60_000);
  assert.deepEqual(losses, ['a unsent']);
});
