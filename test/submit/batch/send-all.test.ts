import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HeddleError } from '../../../src/errors.ts';
import type { BatchEnd } from '../../../src/submit/batch/batch.ts';
import { itemReader } from '../../../src/submit/batch/item.ts';
import { Journal } from '../../../src/submit/batch/journal.ts';
import type { Line } from '../../../src/submit/batch/lines.ts';
import { unpaced } from '../../../src/submit/batch/pace.ts';
import { type SendOptions, sendAll } from '../../../src/submit/batch/send-all.ts';
import { emptyTally, type Tally } from '../../../src/submit/batch/tally.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { connect } from '../../../src/transport/nats.ts';
import type { BusEvent, Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { busFor, sources, subscriptionsOn } from '../actors.ts';

noLeaks();

async function* blocks(count: number, size = 250, text = (line: number) => `{"line":${line}}`): AsyncGenerator<Line[]> {
  for (let from = 1; from <= count; from += size) {
    const length = Math.min(size, count - from + 1);
    yield Array.from({ length }, (_, at) => ({ number: from + at, text: text(from + at) }));
  }
}

async function send(
  transport: Transport,
  lines: SendOptions['lines'],
  more: Partial<SendOptions> = {},
): Promise<{ end: BatchEnd; tally: Tally; problems: [number, string][] }> {
  const tally = emptyTally();
  const problems: [number, string][] = [];
  const end = await sendAll({
    transport,
    clock: systemClock,
    lines,
    read: itemReader({ lines: 'auto', draft: { workerType: 'echo' }, direct: false }, sources),
    onError: 'stop',
    onProblem: (line, problem) => problems.push([line, problem]),
    onLost: 'report',
    allowUnheard: false,
    pace: unpaced(),
    patienceMs: 20_000,
    signal: new AbortController().signal,
    tally,
    ...more,
  });
  return { end, tally, problems };
}

/** Hears everything; remembers the line numbers that the payloads carry. */
async function listen(transport: Transport): Promise<number[]> {
  const heard: number[] = [];
  transport.subscribe('heddle.tasks.incoming', (message) => {
    heard.push(JSON.parse(Buffer.from(message.data).toString()).payload.line);
  });
  await transport.flush();
  return heard;
}

test('every line arrives once, in order, and is called sent only then', async (t) => {
  const bus = await busFor(t);
  const other = await bus.connect();
  const heard = await listen(other);
  const client = await bus.connect();
  const { end, tally } = await send(client, blocks(5321));
  await other.flush();
  assert.equal(end.stopped, 'end_of_input');
  assert.equal(tally.sent, 5321);
  assert.equal(tally.unheard, 0);
  assert.deepEqual(
    heard,
    Array.from({ length: 5321 }, (_, at) => at + 1),
  );
  await client.flush();
  assert.equal(subscriptionsOn(bus), 1);
});

test('nobody listens: one message is lost, not a thousand', async (t) => {
  const bus = await busFor(t);
  const { end, tally } = await send(await bus.connect(), blocks(5000));
  assert.equal(end.stopped, 'nobody_listens');
  assert.deepEqual([tally.sent, tally.unheard, tally.published], [1, 1, 1]);
  assert.equal(String(end.unheard), '1');
});

test('nobody listens, and that is fine', async (t) => {
  const bus = await busFor(t);
  const { end, tally } = await send(await bus.connect(), blocks(2000), { allowUnheard: true });
  assert.equal(end.stopped, 'end_of_input');
  assert.deepEqual([tally.sent, tally.unheard], [2000, 2000]);
  assert.equal(String(end.unheard), '1-2000');
});

test('a router that goes away in the middle', async (t) => {
  const bus = await busFor(t);
  const other = await bus.connect();
  other.subscribe('heddle.tasks.incoming', () => {}, { max: 700 });
  await other.flush();
  const { end, tally } = await send(await bus.connect(), blocks(50_000));
  assert.equal(end.stopped, 'nobody_listens');
  assert.equal(tally.sent - tally.unheard, 700, 'the rest is known by number');
  assert.match(String(end.unheard), /^701-/);
  assert.ok(tally.sent < 10_000, `${tally.sent} were sent`);
});

test('a malformed line stops the batch, and what was sent before it is confirmed', async (t) => {
  const bus = await busFor(t);
  const other = await bus.connect();
  const heard = await listen(other);
  const text = (line: number): string => (line === 501 ? '{oops' : `{"line":${line}}`);
  const { end, tally, problems } = await send(await bus.connect(), blocks(2000, 250, text));
  await other.flush();
  assert.equal(end.stopped, 'malformed_line');
  assert.deepEqual([tally.sent, tally.malformed, heard.length], [500, 1, 500]);
  assert.deepEqual(
    problems.map(([line]) => line),
    [501],
  );
});

test('malformed lines are skipped when asked', async (t) => {
  const bus = await busFor(t);
  const other = await bus.connect();
  const heard = await listen(other);
  const text = (line: number): string => (line % 100 === 0 ? '[]' : `{"line":${line}}`);
  const { end, tally, problems } = await send(await bus.connect(), blocks(1000, 250, text), { onError: 'skip' });
  await other.flush();
  assert.equal(end.stopped, 'end_of_input');
  assert.deepEqual([tally.read, tally.sent, tally.malformed, heard.length, problems.length], [1000, 990, 10, 990, 10]);
});

test('a line too large for the server is refused before sending', async (t) => {
  const bus = await busFor(t, { maxPayload: 1000 });
  const other = await bus.connect();
  await listen(other);
  const text = (line: number): string => (line === 2 ? `{"line":"${'x'.repeat(2000)}"}` : `{"line":${line}}`);
  const { tally, problems } = await send(await bus.connect(), blocks(3, 250, text), { onError: 'skip' });
  assert.deepEqual([tally.sent, tally.malformed], [2, 1]);
  assert.match(problems[0]?.[1] ?? '', /is too large/);
});

test('an interrupt: what was sent is known', async (t) => {
  const bus = await busFor(t);
  await listen(await bus.connect());
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<Line[]> {
    for (let line = 1; ; line += 1) {
      if (line === 3000) stop.abort(new Error('SIGINT'));
      yield [{ number: line, text: '{"line":1}' }];
    }
  }
  const { end, tally } = await send(await bus.connect(), endless(), { signal: stop.signal });
  assert.equal(end.stopped, 'interrupted');
  assert.deepEqual([tally.published, tally.sent, tally.uncertain], [2999, 2999, 0]);
});

test('a journal leaves out what an earlier run sent', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-batch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'journal');
  const bus = await busFor(t);
  const other = await bus.connect();
  const heard = await listen(other);
  const client = await bus.connect();
  for (const [count, sent, skipped] of [
    [600, 600, 0],
    [600, 0, 600],
    [1000, 400, 600],
  ] as const) {
    const journal = await Journal.open(path, 'sent');
    const { tally } = await send(client, blocks(count), { journal });
    await journal.close();
    assert.deepEqual([tally.sent, tally.skipped], [sent, skipped]);
  }
  await other.flush();
  assert.equal(heard.length, 1000);
});

test('what is unheard is not done', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-batch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bus = await busFor(t);
  const journal = await Journal.open(join(folder, 'journal'), 'sent');
  await send(await bus.connect(), blocks(10), { journal, allowUnheard: true });
  assert.equal(journal.isDone(1, '{"line":1}'), false);
  await journal.close();
});

/** The server dies in the middle: the line after which it does, and what came through on both of its lives. */
async function overAKill(t: TestContext, onLost: SendOptions['onLost']) {
  const server = await natsServerFor(t);
  const other = await connect({ servers: [server.url], reconnect: true });
  const client = await connect({ servers: [server.url], reconnect: true });
  t.after(() => Promise.all([other.close(), client.close()]));
  const heard = await listen(other);
  const listening = new Promise<void>((resolve) => other.onEvent((event) => event.kind === 'reconnected' && resolve()));
  async function* lines(): AsyncGenerator<Line[]> {
    for await (const block of blocks(20_000, 100)) {
      if (block[0]?.number === 8001) {
        // Everything handed over so far is on its way, and nobody has confirmed the last of it.
        await server.kill();
        await server.start();
        await listening;
        await other.flush().catch(() => {});
        await other.flush();
      }
      yield block;
    }
  }
  const { end, tally } = await send(client, lines(), { onLost });
  await other.flush();
  return { end, tally, heard };
}

test('nats-server killed in the middle: nothing is called sent that was not', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const { end, tally, heard } = await overAKill(t, 'report');
  assert.equal(end.stopped, 'end_of_input', end.error?.message);
  assert.equal(tally.sent + tally.uncertain, 20_000);
  const uncertain = new Set<number>();
  for (const [from, to] of end.uncertain.ranges) for (let line = from; line <= to; line += 1) uncertain.add(line);
  assert.equal(uncertain.size, tally.uncertain);
  const arrived = new Set(heard);
  assert.equal(arrived.size, heard.length, 'nothing twice');
  for (let line = 8001; line <= 20_000; line += 1) {
    assert.ok(arrived.has(line) || uncertain.has(line), `line ${line} is called sent and did not arrive`);
  }
});

test('nats-server killed in the middle: what is uncertain is sent again when asked', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const { end, tally, heard } = await overAKill(t, 'resend');
  assert.equal(end.stopped, 'end_of_input', end.error?.message);
  assert.deepEqual([tally.sent, tally.uncertain], [20_000, 0]);
  const arrived = new Set(heard);
  for (let line = 8001; line <= 20_000; line += 1) assert.ok(arrived.has(line), `line ${line} is missing`);
});

/**
 * A transport that loses its connection when lines 501 to 600 are on their way. A `careless` one's flush does not tell:
 * then the batch must know by its own count of losses.
 */
function losingTransport(careless: boolean): {
  transport: Transport;
  lose: () => void;
  emit: (event: BusEvent) => void;
  /** Nothing is confirmed from now on, until the connection is lost. */
  hold: () => void;
} {
  const listeners = new Set<(event: BusEvent) => void>();
  const underWay = new Set<(error: Error) => void>();
  let holding = false;
  const emit = (event: BusEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (!careless) underWay.add(reject);
      if (holding) return;
      setImmediate(() => {
        underWay.delete(reject);
        resolve();
      });
    });
  const transport = {
    url: 'nats://test',
    info: { headers: true },
    closed: new Promise(() => {}),
    publish: () => {},
    subscribe: () => ({ unsubscribe: () => {} }),
    inbox: () => '_INBOX.test',
    onEvent: (listener: (event: BusEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush,
  } as unknown as Transport;
  const lose = (): void => {
    holding = false;
    emit({ kind: 'disconnected', server: 'nats://test' });
    for (const reject of underWay) reject(new HeddleError('connection_lost', 'lost'));
    emit({ kind: 'reconnected', server: 'nats://test' });
  };
  const hold = (): void => {
    holding = true;
  };
  return { transport, lose, emit, hold };
}

for (const careless of [false, true]) {
  for (const onLost of ['report', 'resend'] as const) {
    test(`a lost window, ${onLost}${careless ? ', by our own count' : ''}: never called sent by mistake`, async () => {
      const { transport, lose } = losingTransport(careless);
      async function* lines(): AsyncGenerator<Line[]> {
        for await (const block of blocks(1000, 100)) {
          if (block[0]?.number === 601) lose();
          yield block;
        }
      }
      const { end, tally } = await send(transport, lines(), { onLost });
      assert.equal(end.stopped, 'end_of_input', end.error?.message);
      assert.equal(String(end.uncertain), onLost === 'report' ? '501-600' : '');
      assert.deepEqual([tally.sent, tally.uncertain], onLost === 'report' ? [900, 100] : [1000, 0]);
    });
  }
}

test('a journal is in doubt about what was lost with the connection, and certain of the rest', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-batch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'journal');
  const { transport, lose, hold } = losingTransport(false);
  async function* lines(): AsyncGenerator<Line[]> {
    for await (const block of blocks(1000, 100)) {
      if (block[0]?.number === 601) {
        while (tally.published < 600) await new Promise((resolve) => setImmediate(resolve));
        lose();
      }
      if (block[0]?.number === 501) hold();
      yield block;
    }
  }
  const tally = emptyTally();
  const journal = await Journal.open(path, 'sent');
  const { end } = await send(transport, lines(), { journal, tally });
  await journal.close();
  assert.equal(end.stopped, 'end_of_input', end.error?.message);
  assert.equal(tally.sent + tally.uncertain, 1000);
  assert.ok(tally.uncertain > 0);

  const ids = new Map<number, string>();
  const next = await Journal.open(path, 'sent');
  const rerun = await send(transport, blocks(1000, 100), {
    journal: next,
    onDoubt: (line, id) => void ids.set(line, id),
  });
  assert.deepEqual(
    [rerun.tally.skipped, rerun.tally.in_doubt, rerun.tally.published],
    [tally.sent, tally.uncertain, 0],
  );
  const again: string[] = [];
  const counting = { ...transport, publish: (_: string, data: Uint8Array) => void again.push(idIn(data)) } as Transport;
  const resent = await send(counting, blocks(1000, 100), { journal: next, doubts: 'resend' });
  await next.close();
  assert.equal(resent.tally.sent, tally.uncertain);
  assert.deepEqual(again, [...ids.values()], 'under the same ids');
});

const idIn = (data: Uint8Array): string => JSON.parse(Buffer.from(data).toString()).task_id;

test('what the journal has while the connection is away is held back, and nothing is lost', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-batch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { transport, emit } = losingTransport(false);
  let away = false;
  let whileAway = 0;
  let published = 0;
  const watched = {
    ...transport,
    publish: () => {
      published += 1;
      if (away) whileAway += 1;
    },
  } as Transport;
  const journal = await Journal.open(join(folder, 'journal'), 'sent');
  async function* lines(): AsyncGenerator<Line[]> {
    for await (const block of blocks(30, 10)) {
      yield block;
      if (block[0]?.number !== 11) continue;
      // The journal is being written for the second ten.
      while (published < 10) await new Promise((resolve) => setImmediate(resolve));
      if (published > 10) continue;
      away = true;
      emit({ kind: 'disconnected', server: 'nats://test' });
      setTimeout(() => {
        away = false;
        emit({ kind: 'reconnected', server: 'nats://test' });
      }, 50);
    }
  }
  const { end, tally } = await send(watched, lines(), { journal });
  await journal.close();
  assert.equal(end.stopped, 'end_of_input', end.error?.message);
  assert.deepEqual([whileAway, published, tally.sent + tally.uncertain], [0, 30, 30]);
});

test('a server that stays away: the batch ends, and says what it knows', async (t) => {
  const bus = await busFor(t);
  await listen(await bus.connect());
  const client = await bus.connect('client', { reconnect: true });
  async function* lines(): AsyncGenerator<Line[]> {
    yield* blocks(1000);
    const gone = new Promise<void>((resolve) => client.onEvent((event) => event.kind === 'disconnected' && resolve()));
    await bus.broker.close();
    await gone;
    yield* blocks(500);
  }
  const { end, tally } = await send(client, lines(), { patienceMs: 50 });
  assert.equal(end.stopped, 'connection');
  assert.equal(end.error?.code, 'connection_lost');
  assert.equal(tally.sent + tally.uncertain, tally.published);
  assert.ok(tally.sent >= 1000 - 250 && tally.sent <= 1000, `${tally.sent}`);
});

test('a user who may not publish: the error, and nothing called sent', async (t) => {
  const users = [{ user: 'p', password: 'p', permissions: { publish: { deny: ['heddle.tasks.>'] } } }];
  const bus = await busFor(t, { users });
  const client = await bus.connect('client', { auth: { user: 'p', password: 'p' } });
  const tally = emptyTally();
  await assert.rejects(send(client, blocks(100), { tally }), { code: 'permission_denied' });
  assert.equal(tally.sent, 0);
});
