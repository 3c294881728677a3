import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouterEvent } from '../../src/router/events.ts';
import { NO_RULES } from '../../src/router/rules.ts';
import { runRouter } from '../../src/router/run.ts';
import { openStream } from '../../src/store/open.ts';
import { createFakeClock, createMemoryBus } from '../../src/testing.ts';
import { connect } from '../../src/transport/nats.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';

noLeaks();

const BAD = '{"task_id":"t-1","payload":{}}';

test('a stream that keeps refusals has each once, and the router goes on when it is gone', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }' });
  const bus = await connect({ servers: [server.url], timeoutMs: 20_000 });
  t.after(() => bus.close());
  const stream = await openStream({ home: 'jetstream', bus }, 'DEAD');
  await stream.ensure({ subjects: ['heddle.tasks.dead_letter'] });
  const log: RouterEvent[] = [];
  const router = await runRouter(bus, { rules: NO_RULES, log: (event) => log.push(event) });
  for (let n = 0; n < 500; n += 1) bus.publish('heddle.tasks.incoming', BAD);
  await bus.flush();
  await router.stop(5000);
  assert.equal((await stream.info()).messages, 500);
  assert.deepEqual(
    log.filter(({ kind }) => kind === 'refusal_unkept'),
    [],
  );
  await stream.destroy();
  const again = await runRouter(bus, { rules: NO_RULES, log: (event) => log.push(event) });
  const routed = await gather(bus, 'heddle.tasks.echo.standard');
  bus.publish('heddle.tasks.incoming', BAD);
  bus.publish('heddle.tasks.incoming', '{"worker_type":"echo","payload":{}}');
  await routed.count(1);
  await again.stop(100);
  await stream.close();
});

/** Answers as a stream does, as long as it is there. */
async function router(t: { after(run: () => unknown): void }) {
  const clock = createFakeClock();
  const network = createMemoryBus();
  const bus = await network.connect();
  const log: RouterEvent[] = [];
  const running = await runRouter(bus, { rules: NO_RULES, clock, log: (event) => log.push(event) });
  t.after(() => bus.close());
  return { clock, bus, log, running, other: await network.connect() };
}

test('silence means nothing where no stream ever answered', async (t) => {
  const { clock, bus, log, other } = await router(t);
  const heard = await gather(other, 'heddle.tasks.dead_letter');
  bus.publish('heddle.tasks.incoming', BAD);
  await heard.count(1);
  await clock.advance(60_000);
  assert.equal(heard.messages.length, 1, 'never twice for those who only listen');
  assert.deepEqual(
    log.filter(({ kind }) => kind === 'refusal_unkept'),
    [],
  );
});

test('a stream that answered and falls silent is asked again under the same id, then it is told', async (t) => {
  const { clock, bus, log, other } = await router(t);
  const ids: string[] = [];
  let answers = true;
  other.subscribe('heddle.tasks.dead_letter', ({ reply, headers }) => {
    ids.push(headers?.get('Nats-Msg-Id') ?? '');
    if (answers && reply !== undefined) other.publish(reply, '{"stream":"DEAD","seq":1}');
  });
  await other.flush();
  bus.publish('heddle.tasks.incoming', BAD);
  await clock.advance(6000);
  answers = false;
  bus.publish('heddle.tasks.incoming', BAD);
  for (let n = 0; n < 6; n += 1) await clock.advance(6000);
  assert.equal(ids.length, 4);
  assert.equal(new Set(ids).size, 2);
  assert.equal(log.filter(({ kind }) => kind === 'refusal_unkept').length, 1);
});
