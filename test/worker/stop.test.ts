import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeddleError } from '../../src/errors.ts';
import { inProcess } from '../../src/worker/in-process.ts';
import type { Performer } from '../../src/worker/performer.ts';
import { serveTasks } from '../../src/worker/run.ts';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { SETTINGS, startWorker, taskText, until } from './start.ts';

noLeaks();

const SUBJECT = 'heddle.tasks.echo.local';

for (const bus of BUSES) {
  describe(`stopping over ${bus.name}`, { skip: bus.skip }, () => {
    test('an idle worker stops at once', async (t) => {
      const { connect } = await bus.start(t);
      const { worker } = await startWorker(t, await connect(), () => ({}));
      const from = performance.now();
      await worker.stop(30_000);
      assert.ok(performance.now() - from < 5_000);
      assert.equal(await worker.closed, undefined);
    });

    test('what it took it finishes: running and waiting tasks each get their result', async (t) => {
      const { connect } = await bus.start(t);
      const order: unknown[] = [];
      const { worker } = await startWorker(t, await connect(), async (_payload, { task }) => {
        order.push(task.task_id);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return {};
      });
      const client = await connect();
      const results = await gather(client, 'heddle.results.default');
      for (let id = 0; id < 50; id += 1) client.publish(SUBJECT, taskText(String(id)));
      await until('some wait', () => worker.waiting > 5);
      const counts = await worker.stop(20_000);
      await client.flush();
      assert.equal(results.messages.length, counts.taken);
      assert.equal(counts.completed, counts.taken);
      assert.deepEqual(
        results.json().map(({ task_id }) => task_id),
        order,
        'one after the other, in order',
      );
      client.publish(SUBJECT, taskText('late'));
      await client.flush();
      assert.equal(worker.counts.taken, counts.taken);
    });

    test('what the grace does not suffice for fails with the reason, and nothing is left without a result', async (t) => {
      const { connect } = await bus.start(t);
      const { worker } = await startWorker(t, await connect(), () => new Promise(() => {}));
      const client = await connect();
      const results = await gather(client, 'heddle.results.default');
      for (let id = 0; id < 5; id += 1) client.publish(SUBJECT, taskText(String(id)));
      await until('all are here', () => worker.counts.taken === 5);
      const from = performance.now();
      await worker.stop(500);
      assert.ok(performance.now() - from < 5_000);
      await client.flush();
      assert.equal(results.messages.length, 5);
      for (const { status, error } of results.json()) {
        assert.equal(status, 'failed');
        assert.equal(error, 'the worker was stopped before the task was done (grace 0.5 s)');
      }
    });

    test('N tasks at a time with --concurrency N, and no more', async (t) => {
      const { connect } = await bus.start(t);
      let now = 0;
      let most = 0;
      const { worker } = await startWorker(
        t,
        await connect(),
        async () => {
          now += 1;
          most = Math.max(most, now);
          await new Promise((resolve) => setTimeout(resolve, 10));
          now -= 1;
          return {};
        },
        { concurrency: 4 },
      );
      const client = await connect();
      const results = await gather(client, 'heddle.results.default');
      for (let id = 0; id < 40; id += 1) client.publish(SUBJECT, taskText(String(id)));
      await results.count(40);
      assert.equal(most, 4);
      assert.equal(worker.running, 0);
    });

    test('a performer that gives up takes the worker off the bus: what waits fails, others get the rest', async (t) => {
      const { connect } = await bus.start(t);
      let giveUp: (error: HeddleError) => void = () => {};
      const performer: Performer = {
        ...inProcess({ handle: () => ({}) }),
        perform: async () => {
          throw new Error('the program is gone');
        },
        gaveUp: new Promise((resolve) => {
          giveUp = resolve;
        }),
      };
      const { worker } = await startWorker(t, await connect(), performer);
      giveUp(new HeddleError('task_failed', 'it ended five times'));
      assert.equal((await worker.closed)?.message, 'it ended five times');
      await worker.stop(1_000);
      const other = await startWorker(t, await connect(), () => ({ by: 'other' }));
      const client = await connect();
      const results = await gather(client, 'heddle.results.default');
      for (let id = 0; id < 20; id += 1) client.publish(SUBJECT, taskText(String(id)));
      await results.count(20);
      assert.equal(other.worker.counts.completed, 20);
    });

    test('while the bus is away results are held; afterwards each arrives once', async (t) => {
      const { connect, restart } = await bus.start(t);
      const transport = await connect({ reconnect: true });
      let release: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { worker } = await startWorker(t, transport, async () => {
        await gate;
        return { held: true };
      });
      const client = await connect({ reconnect: true });
      const results = await gather(client, 'heddle.results.>');
      for (let id = 0; id < 10; id += 1) client.publish(SUBJECT, taskText(String(id)));
      await until('all are taken', () => worker.counts.taken === 10);
      await client.flush();
      let away = false;
      transport.onEvent(({ kind }) => {
        if (kind === 'disconnected') away = true;
      });
      const restarting = restart();
      await until('it is away', () => away);
      release();
      await restarting;
      // The worker and the client come back in any order: what nobody heard is sent again.
      await results.count(10);
      await client.flush();
      assert.deepEqual(new Set(results.json().map(({ task_id }) => task_id)).size, 10);
      assert.equal(results.messages.length, 10);
      const { unconfirmed, unsent, unheard } = worker.counts;
      assert.deepEqual([unconfirmed, unsent, unheard], [0, 0, 0]);
    });
  });
}

test('a config for an LLM worker, and a name that is no part of a subject, are refused', async () => {
  const [bus] = BUSES;
  assert.ok(bus !== undefined);
  const nothing = { subscribe: () => assert.fail() } as never;
  const performer = inProcess({ handle: () => ({}) });
  const run = (settings: Partial<typeof SETTINGS>, tier?: string) =>
    serveTasks(nothing, { settings: { ...SETTINGS, ...settings }, performer, tier });
  await assert.rejects(run({ kind: 'llm' }), { code: 'input_invalid', message: /LLM worker/ });
  for (const name of ['', 'a b', 'a..b', '*', '>', '\ud800', 'a'.repeat(1025), 'x\r\n']) {
    await assert.rejects(run({ name }), { code: 'input_invalid', message: /^the name/ }, name);
  }
  await assert.rejects(run({}, 'a.b'), { code: 'input_invalid', message: /^the tier/ });
});

test('a setup that throws ends the start before anything is subscribed', async () => {
  const nothing = { subscribe: () => assert.fail(), onEvent: () => () => {}, flush: () => assert.fail() } as never;
  const setup = () => {
    throw new Error('no database');
  };
  const performer = inProcess({ handle: () => ({}), setup });
  await assert.rejects(serveTasks(nothing, { settings: SETTINGS, performer }), /no database/);
});
