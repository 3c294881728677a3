import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RouterEvent } from '../../src/router/events.ts';
import { NO_RULES, type RouterRules } from '../../src/router/rules.ts';
import { type RouterOptions, runRouter } from '../../src/router/run.ts';
import { createFakeClock, createMemoryBus } from '../../src/testing.ts';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const options = (more: Partial<RouterOptions> = {}): RouterOptions => ({ rules: NO_RULES, ...more });
const task = (id: number | string, workerType = 'echo'): string =>
  JSON.stringify({ task_id: String(id), worker_type: workerType, payload: {} });

for (const bus of BUSES) {
  describe(`over ${bus.name}`, { skip: bus.skip }, () => {
    test('two routers with 1,000 tasks route each once, and both work', async (t) => {
      const { connect } = await bus.start(t);
      const first = await runRouter(await connect(), options());
      const second = await runRouter(await connect(), options());
      const client = await connect();
      const routed = await gather(client, 'heddle.tasks.echo.*');
      for (let id = 0; id < 1_000; id += 1) client.publish('heddle.tasks.incoming', task(id));
      await routed.count(1_000);
      await first.stop(5_000);
      await second.stop(5_000);
      await client.flush();
      const ids = routed.json().map(({ task_id }) => task_id);
      assert.equal(ids.length, 1_000);
      assert.equal(new Set(ids).size, 1_000);
      assert.ok(first.counts.forwarded > 0 && second.counts.forwarded > 0);
    });

    test('without the queue group every replica routes every task', async (t) => {
      const { connect } = await bus.start(t);
      await runRouter(await connect(), options({ queueGroup: false }));
      await runRouter(await connect(), options({ queueGroup: false }));
      const client = await connect();
      const routed = await gather(client, 'heddle.tasks.echo.*');
      client.publish('heddle.tasks.incoming', task(1));
      await routed.count(2);
    });

    test('survives a storm of hostile messages, and routes the task after them', async (t) => {
      const { connect } = await bus.start(t);
      const log: RouterEvent[] = [];
      const router = await runRouter(await connect(), options({ log: (event) => log.push(event) }));
      const client = await connect();
      const dead = await gather(client, 'heddle.tasks.dead_letter');
      const routed = await gather(client, 'heddle.tasks.echo.*');
      const storm = [
        '[]',
        '"x"',
        '42',
        'null',
        'true',
        '{',
        '',
        '{"worker_type":"a b","payload":{}}',
        '{"worker_type":"*","payload":{}}',
      ];
      for (const text of storm) client.publish('heddle.tasks.incoming', text);
      client.publish('heddle.tasks.incoming', Buffer.from([0xff, 0xfe]));
      client.publish('heddle.tasks.incoming', `[${'['.repeat(100_000)}${']'.repeat(100_000)}]`);
      client.publish('heddle.tasks.incoming', task('after'));
      assert.equal((await routed.count(1))[0]?.subject, 'heddle.tasks.echo.standard');
      await dead.count(8);
      assert.deepEqual(router.counts, { received: 12, forwarded: 1, deadLettered: 8, skipped: 3, unsent: 0 });
      assert.equal(log.filter(({ kind }) => kind === 'skipped').length, 3);
    });

    test('a dead letter too large for the server keeps its reason and short ids', async (t) => {
      const { connect } = await bus.start(t);
      const client = await connect();
      await runRouter(await connect(), options());
      const dead = await gather(client, 'heddle.tasks.dead_letter');
      const room = client.info.maxPayload;
      const text = `{"task_id":"t1","worker_type":"a b","payload":{"t":"${'x'.repeat(room - 75)}"}}`;
      client.publish('heddle.tasks.incoming', text);
      const full = `{"task_id":"t2","worker_type":"echo","payload":{"t":"${'x'.repeat(room - 65)}"}}`;
      client.publish('heddle.tasks.incoming', full);
      client.publish('heddle.tasks.incoming', `{"task_id":"t3","worker_type":"${'x'.repeat(room - 60)}","payload":{}}`);
      await dead.count(3);
      const [first, second, third] = dead.json();
      assert.deepEqual(
        [first, second, third].map((letter) => [letter?.task_id, letter?.worker_type]),
        [
          ['t1', 'a b'],
          ['t2', 'echo'],
          ['t3', null],
        ],
      );
      assert.match(String(first?.reason), /worker_type.*does not fit into a dead letter/);
      assert.equal(first?.original_task, null);
      assert.match(String(second?.reason), /with the fields filled in it has \d+ bytes/);
    });

    test('rules are read again on the control subject; bad ones change nothing', async (t) => {
      const { connect } = await bus.start(t);
      const log: RouterEvent[] = [];
      let next: () => RouterRules = () => ({ tierOverrides: new Map([['echo', 'local']]), rateLimits: new Map() });
      const router = await runRouter(
        await connect(),
        options({ log: (event) => log.push(event), reload: async () => next() }),
      );
      const client = await connect();
      const routed = await gather(client, 'heddle.tasks.echo.*');
      const subjectOf = async (id: string): Promise<string> => {
        client.publish('heddle.tasks.incoming', task(id));
        return (await routed.find(({ text }) => text.includes(`"${id}"`))).subject;
      };
      assert.equal(await subjectOf('a'), 'heddle.tasks.echo.standard');
      for (const text of ['{}', '[]', 'x', '{"action":"stop"}']) client.publish('heddle.control.reload', text);
      client.publish('heddle.control.reload', '{"action":"reload","who":"me"}');
      await until(() => log.some(({ kind }) => kind === 'rules_reloaded'));
      assert.equal(await subjectOf('b'), 'heddle.tasks.echo.local');
      next = () => {
        throw new Error('rules.yaml:3:1: nonsense');
      };
      assert.equal(await router.reload(), false);
      next = () => ({ tierOverrides: new Map([['echo', 'gpu']]), rateLimits: new Map() });
      assert.equal(await router.reload(), false);
      assert.equal(await subjectOf('c'), 'heddle.tasks.echo.local');
      const refused = log.filter((event) => event.kind === 'reload_refused');
      assert.deepEqual(
        refused.map(({ reason }) => /nonsense|gpu/.test(reason)),
        [true, true],
      );
      assert.equal(log.filter(({ kind }) => kind === 'rules_reloaded').length, 1);
    });

    test('stops with everything sent that it took; closed says when the connection goes', async (t) => {
      const { connect } = await bus.start(t);
      const transport = await connect();
      const router = await runRouter(transport, options());
      const client = await connect();
      const routed = await gather(client, 'heddle.tasks.echo.*');
      for (let id = 0; id < 500; id += 1) client.publish('heddle.tasks.incoming', task(id));
      await routed.count(1);
      const counts = await router.stop(5_000);
      await client.flush();
      assert.equal(routed.messages.length, counts.forwarded);
      assert.equal(await router.closed, undefined);
      const other = await connect();
      const cut = await runRouter(other, options());
      await other.close();
      assert.equal((await cut.closed)?.code, 'connection_closed');
    });
  });
}

test('what a task lacks comes from the clock and the source of ids; a limit fills up as time goes by', async (t) => {
  const clock = createFakeClock({ now: Date.UTC(2026, 3, 29, 12) });
  const bus = createMemoryBus();
  t.after(() => bus.close());
  const rules: RouterRules = {
    tierOverrides: new Map(),
    rateLimits: new Map([['standard', { maxConcurrent: 2, tokensPerMinute: undefined }]]),
  };
  const router = await runRouter(await bus.connect(), { rules, clock, uuid: () => 'made here' });
  const client = await bus.connect();
  const routed = await gather(client, 'heddle.tasks.echo.*');
  const refused = await gather(client, 'heddle.tasks.dead_letter');
  const send = async (ms: number): Promise<readonly [number, number]> => {
    await clock.advance(ms);
    client.publish('heddle.tasks.incoming', '{"worker_type":"echo","payload":{}}');
    await clock.advance(0);
    return [routed.messages.length, refused.messages.length];
  };
  assert.deepEqual(await send(0), [1, 0]);
  assert.deepEqual(await send(0), [2, 0]);
  assert.deepEqual(await send(0), [2, 1]);
  assert.deepEqual(await send(29_999), [2, 2]);
  assert.deepEqual(await send(1), [3, 2]);
  const [first, , third] = routed.json();
  assert.deepEqual([first?.task_id, first?.created_at], ['made here', '2026-04-29T12:00:00.000Z']);
  assert.equal(third?.created_at, '2026-04-29T12:00:30.000Z');
  await router.stop(1_000);
});

async function until(test: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!test()) {
    assert.ok(performance.now() < deadline, 'it did not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
