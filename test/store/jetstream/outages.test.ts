import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isHeddleError } from '../../../src/errors.ts';
import { openBucket, openStream } from '../../../src/store/open.ts';
import type { Gap, Kept, Stream } from '../../../src/store/stream.ts';
import { connect } from '../../../src/transport/nats.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import {
  findNewestNatsServer,
  type NatsServer,
  natsServerFor,
  skipWithoutNatsServer,
} from '../../helpers/nats-server.ts';
import { assertAccounted, iterate, numbers, shown, take, text } from '../gather.ts';

noLeaks();

const CONFIG = 'jetstream { store_dir: "FOLDER" }';

interface Scene {
  readonly server: NatsServer;
  readonly bus: Transport;
  readonly stream: Stream;
}

async function scene(t: TestContext, program: string | undefined, reconnect = true): Promise<Scene> {
  const server = await natsServerFor(t, { program, config: CONFIG });
  const bus = await connect({ servers: [server.url], reconnect });
  t.after(() => bus.close());
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  await stream.ensure({ subjects: ['s.>'] });
  return { server, bus, stream };
}

/** Until it is confirmed: an id makes that harmless. */
async function insist(stream: Stream, data: string): Promise<void> {
  for (;;) {
    try {
      await stream.append(data, { subject: 's.a', id: data, timeoutMs: 500 });
      return;
    } catch (error) {
      assert.ok(
        isHeddleError(error) && ['timeout', 'no_match', 'connection_lost', 'store_failed'].includes(error.code),
      );
      await pause(50);
    }
  }
}

for (const { name, program, skip } of [
  { name: 'nats-server', program: undefined, skip: skipWithoutNatsServer() },
  {
    name: 'nats-server, the newest',
    program: findNewestNatsServer(),
    skip: findNewestNatsServer() === undefined && 'HEDDLE_NATS_SERVER_NEWEST names none',
  },
]) {
  describe(`${name} goes away`, { skip, concurrency: true }, () => {
    test('a reading that follows goes on where it was, once each and in order', async (t) => {
      const { server, stream } = await scene(t, program);
      const stop = new AbortController();
      const total = 400;
      const told: (Kept | Gap)[] = [];
      const reading = (async () => {
        for await (const entry of stream.read({ signal: stop.signal })) {
          told.push(entry);
          if (told.length === total) return;
        }
      })();
      for (let n = 1; n <= total; n += 1) {
        if (n === 100 || n === 250) await server.restart();
        await insist(stream, String(n));
      }
      await reading;
      stop.abort();
      assertAccounted(told, 1, total);
      assert.deepEqual(told.map(shown), numbers(1, total));
    });

    test('so does a reading until now, that was in the middle', async (t) => {
      const { server, stream } = await scene(t, program);
      const total = 3000;
      for (let n = 1; n <= total; n += 1) {
        const appended = stream.append(String(n), { subject: 's.a' });
        if (n % 500 === 0) await appended;
      }
      const told: string[] = [];
      for await (const entry of stream.read({ until: 'now' })) {
        told.push(shown(entry));
        if (told.length === 700) await server.restart();
      }
      assert.deepEqual(told, numbers(1, total));
    });

    test('a watch goes on, too', async (t) => {
      const { server, bus } = await scene(t, program);
      const bucket = await openBucket({ home: 'jetstream', bus }, 'b');
      await bucket.ensure({});
      await bucket.put('a', '1');
      const changes = bucket.watch();
      const watch = changes[Symbol.asyncIterator]();
      assert.equal((await watch.next()).value?.kind, 'put');
      assert.equal((await watch.next()).value?.kind, 'current');
      const next = watch.next();
      await server.restart();
      for (;;) {
        const done = await bucket.put('b', '2').catch(() => undefined);
        if (done !== undefined) break;
        await pause(50);
      }
      const { value } = await next;
      assert.ok(value?.kind === 'put' && value.key === 'b');
      await watch.return?.(undefined);
    });

    test('without a reconnect a reading ends with the reason', async (t) => {
      const { server, bus, stream } = await scene(t, program, false);
      await stream.append('1', { subject: 's.a' });
      const reading = iterate(stream.read());
      assert.deepEqual(await take(reading, 1), ['1']);
      const next = assert.rejects(reading.next(), { code: 'connection_lost' });
      await server.kill();
      await next;
      await assert.rejects(stream.append('2', { subject: 's.a' }), { code: 'connection_lost' });
      await bus.close();
    });

    test('a connection that we close ends it, and says so', async (t) => {
      const { bus, stream } = await scene(t, program);
      const reading = iterate(stream.read());
      const next = assert.rejects(reading.next(), { code: 'connection_closed' });
      await pause(100);
      await bus.close();
      await next;
    });

    test('what is appended while nobody confirms may be kept or not, and the error says that', async (t) => {
      const { server, stream } = await scene(t, program);
      server.freeze();
      // A signal takes a moment to reach every thread.
      await pause(200);
      await assert.rejects(stream.append('1', { subject: 's.a', id: 'x', timeoutMs: 300 }), {
        code: 'timeout',
        message: /did not confirm .*; it may be kept or not/,
        retryable: true,
      });
      server.thaw();
      await insist(stream, 'x');
      assert.equal((await stream.info()).messages, 1);
    });

    test('a server that has something and sends nothing ends a reading until now', async (t) => {
      const { server, stream } = await scene(t, program);
      for (let n = 1; n <= 1000; n += 1) void stream.append(String(n), { subject: 's.a' });
      await stream.append('1001', { subject: 's.a' });
      const reading = iterate(stream.read({ until: 'now' }));
      assert.deepEqual(await take(reading, 1), ['1']);
      server.freeze();
      await pause(200);
      t.after(() => server.thaw());
      await assert.rejects(
        (async () => {
          for (;;) if ((await reading.next()).done) return;
        })(),
        { code: 'timeout', message: /the stream "S" sent nothing for 5 s/ },
      );
    });

    test('so does one that hangs in the middle of what it sends', async (t) => {
      const { server, stream } = await scene(t, program);
      for (let n = 1; n <= 30; n += 1) void stream.append('x'.repeat(500_000), { subject: 's.a' });
      await stream.append('last', { subject: 's.a' });
      const reading = iterate(stream.read({ until: 'now' }));
      await reading.next();
      server.freeze();
      t.after(() => server.thaw());
      const began = performance.now();
      await assert.rejects(
        (async () => {
          for (;;) if ((await reading.next()).done) return;
        })(),
        { code: 'timeout', message: /the stream "S" sent nothing for 5 s/ },
      );
      assert.ok(performance.now() - began < 20_000);
    });

    test('a reader that takes its time loses nothing', async (t) => {
      const { stream } = await scene(t, program);
      for (let n = 1; n <= 1200; n += 1) void stream.append(String(n), { subject: 's.a' });
      await stream.append('1201', { subject: 's.a' });
      const told: string[] = [];
      for await (const entry of stream.read({ until: 'now' })) {
        told.push(shown(entry));
        // Longer than heartbeats are waited for.
        if (told.length === 3) await pause(8000);
      }
      assert.deepEqual(told, numbers(1, 1201));
    });

    test('a message that is lost on its way to us is fetched again', async (t) => {
      const { bus, stream } = await scene(t, program);
      for (let n = 1; n <= 50; n += 1) void stream.append(String(n), { subject: 's.a' });
      await stream.append('51', { subject: 's.a' });
      let dropped = 0;
      const lossy = new Proxy(bus, {
        get(target, name) {
          if (name !== 'subscribe') {
            const member: unknown = Reflect.get(target, name, target);
            return typeof member === 'function' ? member.bind(target) : member;
          }
          const subscribe: Transport['subscribe'] = (pattern, handler, options) => {
            let heard = 0;
            const losing: typeof handler = (message) => {
              heard += 1;
              // Of what a stream sends, the tenth of the first two consumers.
              if (message.subject === 's.a' && heard === 10 && dropped < 2) dropped += 1;
              else handler(message);
            };
            return target.subscribe(pattern, losing, options);
          };
          return subscribe;
        },
      });
      const through = await openStream({ home: 'jetstream', bus: lossy }, 'S');
      const told: string[] = [];
      for await (const entry of through.read({ until: 'now' })) told.push(shown(entry));
      assert.equal(dropped, 2);
      assert.deepEqual(told, numbers(1, 51));
    });

    test('a stream that is deleted ends what reads it', async (t) => {
      const { bus, stream } = await scene(t, program);
      await stream.append('1', { subject: 's.a' });
      const reading = iterate(stream.read());
      const first = await reading.next();
      assert.ok(!first.done && first.value.kind === 'kept' && text(first.value) === '1');
      const next = assert.rejects(reading.next(), { code: 'no_match', message: /no stream "S"/ });
      await pause(100);
      await bus.request('$JS.API.STREAM.DELETE.S', '', { timeoutMs: 5000 });
      await next;
    });
  });
}
