import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { SETTINGS, startWorker, taskText, until } from './start.ts';

// The six "Required behaviours" of Heddle's wire guide for actors in other languages, one group each.

noLeaks();

const SUBJECT = 'heddle.tasks.echo.local';

for (const bus of BUSES) {
  describe(`required behaviours over ${bus.name}`, { skip: bus.skip }, () => {
    describe('1. queue-group subscription', () => {
      test('replicas share the tasks: each task once', async (t) => {
        const { connect } = await bus.start(t);
        const first = await startWorker(t, await connect(), () => ({ by: 1 }));
        const second = await startWorker(t, await connect(), () => ({ by: 2 }));
        const client = await connect();
        const results = await gather(client, 'heddle.results.default');
        for (let id = 0; id < 400; id += 1) client.publish(SUBJECT, taskText(String(id)));
        await results.count(400);
        await first.worker.stop(5_000);
        await second.worker.stop(5_000);
        await client.flush();
        const ids = results.json().map(({ task_id }) => task_id);
        assert.equal(new Set(ids).size, 400);
        assert.equal(ids.length, 400);
        assert.ok(first.worker.counts.completed > 0 && second.worker.counts.completed > 0);
      });

      test('the group is processors-{name}: a Python processor beside it shares, a watcher hears all', async (t) => {
        const { connect } = await bus.start(t);
        const { worker } = await startWorker(t, await connect(), () => ({}));
        const python = await connect();
        let shared = 0;
        python.subscribe(SUBJECT, () => (shared += 1), { queue: 'processors-echo' });
        await python.flush();
        const client = await connect();
        const watched = await gather(client, SUBJECT);
        for (let id = 0; id < 200; id += 1) client.publish(SUBJECT, taskText(String(id)));
        await watched.count(200);
        await until('all taken', () => shared + worker.counts.taken >= 200);
        assert.equal(shared + worker.counts.taken, 200);
        assert.ok(shared > 0 && worker.counts.taken > 0);
      });

      test('listens on its own name and tier alone', async (t) => {
        const { connect } = await bus.start(t);
        const { worker } = await startWorker(t, await connect(), () => ({}), { tier: 'frontier' });
        const client = await connect();
        const results = await gather(client, 'heddle.results.default');
        for (const subject of [SUBJECT, 'heddle.tasks.other.frontier', 'heddle.tasks.echo.frontier.x']) {
          client.publish(subject, taskText('no'));
        }
        client.publish('heddle.tasks.echo.frontier', taskText('yes'));
        await results.count(1);
        assert.equal(worker.counts.taken, 1);
        assert.equal(results.json()[0]?.task_id, 'yes');
      });
    });

    describe('2. reset between tasks', () => {
      test('reset runs after every task, however it ended, before the next begins', async (t) => {
        const { connect } = await bus.start(t);
        const order: string[] = [];
        const settings = {
          ...SETTINGS,
          inputSchema: { type: 'object', required: ['go'] },
          outputSchema: { type: 'object', required: ['ok'] },
        };
        await startWorker(
          t,
          await connect(),
          {
            handle: async (payload, { task }) => {
              order.push(`start ${task.task_id}`);
              await Promise.resolve();
              if (payload.go === 'throw') throw new Error('no');
              return payload.go === 'well' ? { ok: 1 } : {};
            },
            reset: () => void order.push('reset'),
          },
          { settings },
        );
        const client = await connect();
        const results = await gather(client, 'heddle.results.default');
        for (const [id, payload] of Object.entries({
          a: { go: 'well' },
          b: { go: 'throw' },
          c: {},
          d: { go: 'badly' },
          e: { go: 'well' },
        })) {
          client.publish(SUBJECT, taskText(id, { payload }));
        }
        await results.count(5);
        await until('the last reset', () => order.at(-1) === 'reset');
        assert.deepEqual(order, [
          'start a',
          'reset',
          'start b',
          'reset',
          'reset',
          'start d',
          'reset',
          'start e',
          'reset',
        ]);
        assert.deepEqual(
          results.json().map(({ status }) => status),
          ['completed', 'failed', 'failed', 'failed', 'completed'],
        );
      });

      test('a reset that throws is reported, and the next task runs', async (t) => {
        const { connect } = await bus.start(t);
        const { log } = await startWorker(t, await connect(), {
          handle: () => ({}),
          reset: () => {
            throw new Error('stuck');
          },
        });
        const client = await connect();
        const results = await gather(client, 'heddle.results.default');
        client.publish(SUBJECT, taskText('1'));
        client.publish(SUBJECT, taskText('2'));
        await results.count(2);
        await until('both reports', () => log.filter(({ kind }) => kind === 'reset_failed').length === 2);
      });

      test('payload and task of one task are new objects, and the task is frozen to the bottom', async (t) => {
        const { connect } = await bus.start(t);
        const seen: object[] = [];
        await startWorker(t, await connect(), (payload, ctx) => {
          seen.push(payload);
          assert.ok(
            Object.isFrozen(ctx.task) &&
              Object.isFrozen(ctx.task.payload) &&
              Object.isFrozen((ctx.task.payload.a as object[])[0]),
          );
          assert.throws(() => {
            (ctx.task.payload as Record<string, unknown>).b = 1;
          }, TypeError);
          payload.changed = true;
          return payload;
        });
        const client = await connect();
        const results = await gather(client, 'heddle.results.default');
        client.publish(SUBJECT, taskText('1', { payload: { a: [{}] } }));
        client.publish(SUBJECT, taskText('2', { payload: { a: [{}] } }));
        await results.count(2);
        assert.notEqual(seen[0], seen[1]);
        assert.deepEqual(
          results.json().map(({ output }) => output),
          [
            { a: [{}], changed: true },
            { a: [{}], changed: true },
          ],
        );
      });
    });

    describe('3. skip and log malformed input', () => {
      test('what is no task gets no result and ends nothing', async (t) => {
        const { connect } = await bus.start(t);
        const { worker, log } = await startWorker(t, await connect(), () => ({}));
        const client = await connect();
        const all = await gather(client, 'heddle.>');
        const bad: (string | Uint8Array)[] = [
          'nope',
          '',
          '[]',
          '42',
          'null',
          '"x"',
          '{}',
          '{"worker_type":5,"payload":{}}',
          '{"worker_type":"echo"}',
          '{"worker_type":"echo","payload":[]}',
          '{"worker_type":"echo","payload":{},"model_tier":"gpu"}',
          '{"worker_type":"echo","payload":{},"metadata":null}',
          Buffer.from([0xc3, 0x28]),
          Buffer.from('\ufeff{}'),
          '['.repeat(50_000),
        ];
        for (const message of bad) client.publish(SUBJECT, message);
        client.publish(SUBJECT, taskText('after'));
        await all.find(({ subject }) => subject === 'heddle.results.default');
        assert.equal(all.messages.filter(({ subject }) => subject !== SUBJECT).length, 1);
        assert.equal(worker.counts.skipped, bad.length);
        assert.equal(log.filter(({ kind }) => kind === 'task_skipped').length, bad.length);
      });
    });

    describe('4. the result goes to the parent, else to default', () => {
      for (const [parent, subject] of [
        ['goal-1', 'heddle.results.goal-1'],
        [null, 'heddle.results.default'],
        [undefined, 'heddle.results.default'],
        ['', 'heddle.results.default'],
        ['bad id', 'heddle.results.default'],
        ['*', 'heddle.results.default'],
        ['a\r\nPUB x 0', 'heddle.results.default'],
      ] as const) {
        test(`parent ${JSON.stringify(parent)}`, async (t) => {
          const { connect } = await bus.start(t);
          const { log } = await startWorker(t, await connect(), () => ({ fine: true }));
          const client = await connect();
          const all = await gather(client, 'heddle.results.>');
          client.publish(SUBJECT, taskText('1', parent === undefined ? {} : { parent_task_id: parent }));
          const [result] = await all.count(1);
          assert.equal(result?.subject, subject);
          const { parent_task_id, task_id, worker_type } = all.json()[0] ?? {};
          assert.deepEqual([task_id, worker_type, parent_task_id], ['1', 'echo', parent ?? null]);
          assert.equal(
            log.some(({ kind }) => kind === 'result_redirected'),
            /[ *]/.test(parent ?? ''),
          );
        });
      }

      test('one result for each task, and it is never pending or processing', async (t) => {
        const { connect } = await bus.start(t);
        await startWorker(t, await connect(), async (_payload, { log }) => {
          log.info('working');
          await new Promise((resolve) => setTimeout(resolve, 10));
          return { a: 1 };
        });
        const client = await connect();
        const all = await gather(client, 'heddle.>');
        client.publish(SUBJECT, taskText('1'));
        await all.find(({ subject }) => subject === 'heddle.results.default');
        await client.flush();
        assert.deepEqual(
          all.messages.map(({ subject }) => subject),
          [SUBJECT, 'heddle.results.default'],
        );
        const result = all.json()[1] ?? {};
        assert.equal(result.status, 'completed');
        assert.ok(Number.isInteger(result.processing_time_ms) && (result.processing_time_ms as number) >= 9);
      });
    });

    describe('5. shallow validation, in the words of Heddle', () => {
      const settings = {
        ...SETTINGS,
        inputSchema: {
          type: 'object',
          required: ['text'],
          properties: { text: { type: 'string' }, n: { type: 'integer' } },
        },
        outputSchema: { type: 'object', required: ['label'], properties: { label: { type: 'string' } } },
      };
      for (const [name, payload, answer, error] of [
        ['fine', { text: 'x' }, { label: 'y' }, null],
        ['missing', {}, { label: 'y' }, `Input validation: ["input: missing required field 'text'"]`],
        [
          'wrong type',
          { text: 5, n: 'x' },
          {},
          "Input validation: ['input.text: expected string', 'input.n: expected integer']",
        ],
        ['output', { text: 'x' }, { label: 1 }, "Output validation: ['output.label: expected string']"],
        ['no object', { text: 'x' }, ['label'], "Output validation: ['output: expected object, got list']"],
        ['nothing', { text: 'x' }, null, "Output validation: ['output: expected object, got NoneType']"],
      ] as const) {
        test(name, async (t) => {
          const { connect } = await bus.start(t);
          let called = false;
          await startWorker(
            t,
            await connect(),
            () => {
              called = true;
              return answer as never;
            },
            { settings },
          );
          const client = await connect();
          const results = await gather(client, 'heddle.results.default');
          client.publish(SUBJECT, taskText('1', { payload }));
          await results.count(1);
          const [result] = results.json();
          assert.equal(result?.error, error);
          assert.equal(result?.status, error === null ? 'completed' : 'failed');
          assert.equal(called, !error?.startsWith('Input'), 'a refused payload never reaches the handler');
          assert.ok(Number.isInteger(result?.processing_time_ms));
        });
      }

      test('1.0 is no integer for Heddle, although JavaScript cannot tell', async (t) => {
        const { connect } = await bus.start(t);
        await startWorker(t, await connect(), () => ({ label: 'x' }), { settings });
        const client = await connect();
        const results = await gather(client, 'heddle.results.default');
        client.publish(SUBJECT, '{"task_id":"1","worker_type":"echo","payload":{"text":"x","n":1.0}}');
        await results.count(1);
        assert.equal(results.json()[0]?.error, "Input validation: ['input.n: expected integer']");
      });
    });

    describe('6. the middleware lane', () => {
      test('every _ key is on the result verbatim, whatever becomes of the task', async (t) => {
        const { connect } = await bus.start(t);
        let fail = false;
        let trace: string | undefined;
        await startWorker(t, await connect(), (_payload, ctx) => {
          trace = ctx.trace?.traceId;
          if (fail) throw new Error('no');
          return { a: 1 };
        });
        const client = await connect();
        const results = await gather(client, 'heddle.results.default');
        const lane =
          '"_trace_context": {"traceparent" : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","x":[1.0]},' +
          '"_big":12345678901234567890,"_deep":{"__proto__":{"a":1},"1":1,"0":0},"__proto__":5,"_nul":null';
        const text = `{"task_id":"1","worker_type":"echo","payload":{},${lane}}`;
        client.publish(SUBJECT, text);
        fail = false;
        const [first] = await results.count(1);
        fail = true;
        client.publish(SUBJECT, text);
        const second = (await results.count(2))[1];
        for (const result of [first, second]) {
          for (const member of [
            '"_big":12345678901234567890',
            '"_deep":{"__proto__":{"a":1},"1":1,"0":0}',
            '"__proto__":5',
            '"_nul":null',
            '"_trace_context": {"traceparent" : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","x":[1.0]}',
          ]) {
            assert.ok(result?.text.includes(member), `${member} in ${result?.text}`);
          }
          assert.deepEqual(JSON.parse(result?.text ?? '').metadata, {}, 'and not under metadata');
        }
        assert.equal(trace, '0af7651916cd43dd8448eb211c80319c');
      });
    });
  });
}
