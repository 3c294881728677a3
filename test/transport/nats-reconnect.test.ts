import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { connect as connectBare } from 'nats';
import { HeddleError } from '../../src/errors.ts';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { BusEvent, Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { newOperator } from './nats-operator.ts';
import { peer, scripted } from './nats-peers.ts';

noLeaks();

const real = { skip: skipWithoutNatsServer() };
const text = (data: Uint8Array) => Buffer.from(data).toString();

async function open(t: TestContext, options: ConnectOptions): Promise<{ bus: Transport; events: BusEvent[] }> {
  const bus = await connect(options);
  const events: BusEvent[] = [];
  bus.onEvent((event) => void events.push(event));
  t.after(() => bus.close());
  return { bus, events };
}

/** Resolves with the next event of a kind. */
function next<K extends BusEvent['kind']>(bus: Transport, kind: K): Promise<Extract<BusEvent, { kind: K }>> {
  return new Promise((resolve) => {
    const undo = bus.onEvent((event) => {
      if (event.kind !== kind) return;
      undo();
      resolve(event as Extract<BusEvent, { kind: K }>);
    });
  });
}

/** Resolves when `wanted` messages came to the subject. */
function collect(bus: Transport, subject: string, wanted: number): { heard: string[]; all: Promise<void> } {
  const heard: string[] = [];
  const all = new Promise<void>((resolve) => {
    bus.subscribe(subject, (message) => {
      heard.push(text(message.data));
      if (heard.length === wanted) resolve();
    });
  });
  return { heard, all };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it should have been rejected'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof HeddleError, inspect(error));
  return error.code;
}

// Side by side, because most of the time they wait for the second that a reconnect leaves a server alone.
describe('a connection that ends', { concurrency: 6 }, () => {
  test(
    'killed and started again: subscriptions, what was published meanwhile, and news of each step',
    real,
    async (t) => {
      const server = await natsServerFor(t);
      const { bus, events } = await open(t, { servers: [server.url], reconnect: true });
      const { heard, all } = collect(bus, 'work.*', 4);
      bus.publish('work.1', 'before');
      await bus.flush();

      const gone = next(bus, 'disconnected');
      await server.kill();
      assert.match((await gone).reason ?? '', /./);
      bus.publish('work.2', 'away 1', { headers: { X: 'y' } });
      assert.equal(await codeOf(bus.flush()), 'connection_lost');
      assert.equal(await codeOf(bus.rtt()), 'connection_lost');
      const failed = next(bus, 'reconnecting');
      assert.equal((await failed).server, server.url);
      bus.publish('work.3', 'away 2');
      // The first attempt is under way: only the news of the second says how it ended.
      assert.match((await next(bus, 'reconnecting')).reason ?? '', /nothing listens at/);

      const back = next(bus, 'reconnected');
      await server.start();
      assert.equal((await back).server, server.url);
      bus.publish('work.4', 'after');
      await bus.flush();
      await all;
      assert.deepEqual(heard, ['before', 'away 1', 'away 2', 'after']);

      const kinds = events.map(({ kind }) => kind);
      assert.equal(kinds[0], 'disconnected');
      assert.equal(kinds.at(-1), 'reconnected');
      assert.ok(kinds.slice(1, -1).every((kind) => kind === 'reconnecting') && kinds.length > 3, kinds.join());
      const reasons = events.flatMap((event) => (event.kind === 'reconnecting' ? [event.reason] : []));
      assert.match(reasons.at(-1) ?? '', /nothing listens at/);
    },
  );

  test('a flush that spans the end of a connection tells it, and later ones do not tell it again', async (t) => {
    let pings = 0;
    const port = await scripted(t, (line, socket) => {
      if (line !== 'PING') return;
      pings += 1;
      // The first is the greeting's, the second and third are of the flushes.
      if (pings === 3) socket.destroy();
      else if (pings !== 2) socket.write('PONG\r\n');
    });
    const { bus } = await open(t, { servers: [`127.0.0.1:${port}`], reconnect: true });
    const back = next(bus, 'reconnected');
    bus.publish('a', 'lost?');
    const flushes = [codeOf(bus.flush()), codeOf(bus.flush())];
    assert.deepEqual(await Promise.all(flushes), ['connection_lost', 'connection_lost']);
    await back;
    await bus.flush();
  });

  test('what was not confirmed when the connection dropped makes the next flush tell it, once', real, async (t) => {
    const server = await natsServerFor(t);
    const { bus } = await open(t, { servers: [server.url], reconnect: true });
    bus.publish('a', 'confirmed');
    await bus.flush();
    bus.publish('a', 'unconfirmed 1');
    bus.publish('a', 'unconfirmed 2');
    const back = next(bus, 'reconnected');
    await server.restart();
    await back;
    await assert.rejects(bus.flush(), /2 messages may or may not have arrived/);
    await bus.flush();
  });

  test('a server that stops answering is noticed by its missing pongs, however much waits to be sent', {
    skip: real.skip || (process.platform === 'win32' && 'a process cannot be frozen there'),
  }, async (t) => {
    const server = await natsServerFor(t);
    const { bus, events } = await open(t, {
      servers: [server.url],
      reconnect: true,
      pingIntervalMs: 50,
      timeoutMs: 1000,
    });
    const { heard, all } = collect(bus, 'back', 1);
    await bus.flush();
    const stale = next(bus, 'stale');
    const gone = next(bus, 'disconnected');
    server.freeze();
    // More than the system takes for a process that does not read, so that writes stay unfinished.
    const block = new Uint8Array(1024 * 1024 - 100);
    for (let sent = 0; sent < 24; sent += 1) bus.publish('big', block);
    const flush = bus.flush();
    const lost = codeOf(flush);
    await stale;
    assert.equal((await gone).reason, 'the server does not answer');
    assert.equal(await lost, 'connection_lost');
    const back = next(bus, 'reconnected');
    server.thaw();
    await back;
    bus.publish('back', 'here');
    await all;
    assert.deepEqual(heard, ['here']);
    assert.ok(events.every(({ kind }) => kind !== 'closed'));
  });

  test('without reconnect a lost connection ends, and says so everywhere', real, async (t) => {
    const server = await natsServerFor(t);
    const { bus, events } = await open(t, { servers: [server.url] });
    const subscription = bus.subscribe('a', () => {});
    const ended = bus.subscribe('b', () => {});
    ended.unsubscribe();
    await bus.flush();
    const waiting = [
      codeOf(bus.request('a', '', { timeoutMs: 60_000 })),
      codeOf(
        (async () => {
          for await (const _ of bus.requestMany('a', '', { timeoutMs: 60_000 }));
        })(),
      ),
    ];
    await server.kill();
    const reason = await bus.closed;
    assert.equal(reason?.code, 'connection_lost');
    assert.equal(await subscription.closed, reason);
    assert.equal(await ended.closed, undefined);
    assert.deepEqual(await Promise.all(waiting), ['connection_lost', 'connection_lost']);
    assert.throws(() => bus.publish('a', ''), { code: 'connection_lost' });
    assert.throws(() => bus.subscribe('a', () => {}), { code: 'connection_lost' });
    assert.equal(await codeOf(bus.flush()), 'connection_lost');
    assert.equal(await codeOf(bus.request('a', '', { timeoutMs: 1000 })), 'connection_lost');
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['disconnected', 'closed'],
    );
    await bus.drain();
    await bus.close();
  });

  test('credentials that end on an open connection: told, and with reconnect never the end', real, async (t) => {
    const operator = newOperator();
    const server = await natsServerFor(t, { config: operator.config });
    const soon = () => ({ creds: operator.user({ expiresIn: 2 }).creds });
    const [ends, stays] = await Promise.all([
      open(t, { servers: [server.url], auth: soon() }),
      open(t, { servers: [server.url], auth: soon(), reconnect: true }),
    ]);
    const first = next(stays.bus, 'error');
    assert.equal((await ends.bus.closed)?.code, 'auth_expired');
    assert.equal((await first).error.code, 'auth_expired');
    assert.equal((await next(stays.bus, 'error')).error.code, 'auth_expired');
    // Refused on reconnect too; the client alone would give up now.
    await next(stays.bus, 'reconnecting');
    assert.ok(stays.events.every(({ kind }) => kind !== 'closed' && kind !== 'stale'));
  });

  test('a second server takes over, with its own credentials', real, async (t) => {
    const one = await natsServerFor(t, { config: 'authorization { user: ada, password: onepass }' });
    const two = await natsServerFor(t, { config: 'authorization { user: bob, password: twopass }' });
    const { bus } = await open(t, {
      servers: [`ada:onepass@127.0.0.1:${one.port}`, `bob:twopass@127.0.0.1:${two.port}`],
      reconnect: true,
    });
    assert.equal(bus.url, one.url);
    const { serverId } = bus.info;
    const { all } = collect(bus, 'a', 1);
    const back = next(bus, 'reconnected');
    await one.kill();
    assert.equal((await back).server, two.url);
    assert.equal(bus.url, two.url);
    assert.notEqual(bus.info.serverId, serverId);
    bus.publish('a', '');
    await all;
  });

  test('a lame duck says that it leaves', {
    skip: real.skip || (process.platform === 'win32' && 'no signals there'),
  }, async (t) => {
    const server = await natsServerFor(t, { config: 'lame_duck_duration: "30s", lame_duck_grace_period: "1s"' });
    const { bus } = await open(t, { servers: [server.url], reconnect: true });
    const leaving = next(bus, 'lame_duck');
    process.kill(server.pid, 'SIGUSR2');
    assert.equal((await leaving).server, server.url);
  });

  test('publishing while away is bounded, and refuses what it would refuse at home', real, async (t) => {
    const server = await natsServerFor(t, { args: [], config: 'max_payload: 1MB' });
    const { bus } = await open(t, { servers: [server.url], reconnect: true });
    const gone = next(bus, 'disconnected');
    await server.kill();
    await gone;
    assert.throws(() => bus.publish('a b', ''), { code: 'subject_invalid' });
    assert.throws(() => bus.publish('a', '', { reply: 'x y' }), { code: 'subject_invalid' });
    assert.throws(() => bus.publish('a', '', { headers: { 'X:': '' } }), { code: 'input_invalid' });
    assert.throws(() => bus.publish('a', new Uint8Array(2 ** 20 + 1)), { code: 'payload_too_large' });
    const block = new Uint8Array(2 ** 20);
    assert.throws(
      () => {
        for (let sent = 0; sent < 100; sent += 1) bus.publish('a', block);
      },
      { code: 'connection_lost', message: /already wait/ },
    );
    await bus.close();
  });

  test('closing while it tries to reconnect ends at once', async (t) => {
    let accept = true;
    const port = await scripted(t, (line, socket) => {
      if (line === 'PING' && accept) socket.write('PONG\r\n');
      if (line.startsWith('SUB')) {
        accept = false;
        socket.destroy();
      }
    });
    const { bus, events } = await open(t, { servers: [`127.0.0.1:${port}`], reconnect: true, timeoutMs: 60_000 });
    const trying = next(bus, 'reconnecting');
    bus.subscribe('a', () => {});
    await trying;
    await bus.close();
    assert.equal(await bus.closed, undefined);
    assert.equal(events.at(-1)?.kind, 'closed');
  });

  test('bytes that are no NATS protocol end the connection, and nothing is printed', async (t) => {
    const printed = t.mock.method(console, 'log', () => {});
    const port = await scripted(t, (line, socket) => {
      if (line === 'PING') socket.write('PONG\r\n');
      if (line.startsWith('SUB')) socket.write('MSG a 1 nonsense\r\n');
    });
    const { bus } = await open(t, { servers: [`127.0.0.1:${port}`] });
    const gone = next(bus, 'disconnected');
    bus.subscribe('a', () => {});
    assert.equal((await gone).reason, 'the server sent something that is not the NATS protocol');
    assert.equal((await bus.closed)?.code, 'connection_lost');
    assert.equal(printed.mock.callCount(), 0);
  });

  test('a server that cuts off a slow consumer is quoted', async (t) => {
    const port = await scripted(t, (line, socket) => {
      if (line === 'PING') socket.write('PONG\r\n');
      if (line.startsWith('SUB')) socket.end("-ERR 'Slow Consumer'\r\n");
    });
    const { bus } = await open(t, { servers: [`127.0.0.1:${port}`] });
    const slow = next(bus, 'slow_consumer');
    bus.subscribe('a', () => {});
    assert.deepEqual(await slow, { kind: 'slow_consumer', pattern: '', pending: 0 });
    await bus.closed;
  });

  test('what we say of ourselves: no +OK asked for, our name, headers and nothing secret in plain sight', async (t) => {
    const said: string[] = [];
    const port = await scripted(t, (line, socket) => {
      said.push(line);
      if (line === 'PING') socket.write('PONG\r\n');
    });
    await open(t, { servers: [`127.0.0.1:${port}`] });
    const fields: unknown = JSON.parse(said[0]?.replace('CONNECT ', '') ?? '');
    const { version } = createRequire(import.meta.url)('nats/package.json');
    assert.deepEqual(fields, {
      protocol: 1,
      version,
      lang: 'nats.js',
      verbose: false,
      pedantic: false,
      name: 'heddle-ts',
      headers: true,
      no_responders: true,
    });
  });

  test('a connection that the program opened with the client itself reconnects beside ours', real, async (t) => {
    const server = await natsServerFor(t);
    const theirs = await connectBare({ servers: server.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
    t.after(() => theirs.close());
    const { bus } = await open(t, { servers: [server.url], reconnect: true });
    const back = next(bus, 'reconnected');
    const theirsBack = (async () => {
      for await (const { type } of theirs.status()) if (type === 'reconnect') return;
    })();
    await server.restart();
    await Promise.all([back, theirsBack]);
    const theirSocket: object = Reflect.get(Reflect.get(theirs, 'protocol'), 'transport');
    assert.equal(theirSocket.constructor.name, 'NodeTransport');
    const { all } = collect(bus, 'a', 1);
    await bus.flush();
    theirs.publish('a', 'hello');
    await all;
  });

  test('a drain lets handlers see what is on its way, sends what they publish, and ends', real, async (t) => {
    const server = await natsServerFor(t);
    const { bus } = await open(t, { servers: [server.url] });
    const other = await open(t, { servers: [server.url] });
    const { heard, all } = collect(other.bus, 'out', 100);
    await other.bus.flush();
    bus.subscribe('in', (message) => bus.publish('out', message.data));
    await bus.flush();
    for (let sent = 0; sent < 100; sent += 1) bus.publish('in', String(sent));
    await bus.drain();
    assert.throws(() => bus.publish('in', ''), { code: 'connection_closed' });
    assert.equal(await bus.closed, undefined);
    await all;
    assert.equal(heard.length, 100);
  });

  test('a drain from a server that hangs ends at the deadline and says that nothing is certain', async (t) => {
    const port = await peer(t, (socket) => {
      socket.write('INFO {"version":"2.9.10","headers":true,"max_payload":100}\r\n');
      socket.once('data', () => socket.write('PONG\r\n'));
    });
    const { bus } = await open(t, { servers: [`127.0.0.1:${port}`], timeoutMs: 300 });
    bus.publish('a', '');
    await assert.rejects(bus.drain(), { code: 'connection_lost', message: /1 message may or may not have arrived/ });
  });

  test('nothing that fails in the background is left unhandled', real, async (t) => {
    const unhandled: unknown[] = [];
    const record = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', record);
    t.after(() => process.off('unhandledRejection', record));
    const server = await natsServerFor(t, {
      config:
        'authorization { users: [ { user: ada, password: p, permissions: { publish: "ok.>", subscribe: "ok.>" } } ] }',
    });
    const { bus, events } = await open(t, { servers: [server.url.replace('//', '//ada:p@')] });
    bus.subscribe('not.ok', () => {});
    bus.publish('not.ok', '');
    bus.subscribe('ok.1', () => {
      throw new Error('handler');
    });
    bus.subscribe('ok.2', async () => {
      throw new Error('async handler');
    });
    bus.onEvent(() => {
      throw new Error('listener');
    });
    await codeOf(bus.flush());
    bus.publish('ok.1', '');
    bus.publish('ok.2', '');
    await bus.flush();
    const flush = bus.flush();
    flush.catch(() => {});
    await server.kill();
    await bus.closed;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled, []);
    const errors = events.flatMap((event) => (event.kind === 'error' ? [event.error.message] : []));
    assert.deepEqual(errors, ['the handler of "ok.1" failed: handler', 'the handler of "ok.2" failed: async handler']);
  });
});
