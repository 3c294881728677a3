import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { problemOf } from '../http/raw.ts';
import { actors, goalTaker, keepingBus } from './bus.ts';
import { listen } from './sse.ts';
import { bodyOf, startGateway, TOKEN } from './start.ts';

noLeaks();

const OTHER = 'another-token-for-the-tests-of-it';
const TOKENS =
  'auth: {tokens: [{id: ci, env: T, scopes: [submit, events]}, {id: other, env: O, scopes: [submit, events]}, {id: mute, env: M, scopes: [submit]}]}\n';
const env = { T: TOKEN, O: OTHER, M: 'a-token-that-may-not-listen-at-all' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const skip = skipWithoutNatsServer();

for (const home of ['memory', 'jetstream'] as const) {
  test(`in ${home}: results, stages, progress; who is told what`, { skip: home === 'jetstream' && skip }, async (t) => {
    const connect =
      home === 'jetstream' ? (await keepingBus(t)).connect : (await (BUSES[0] ?? assert.fail()).start(t)).connect;
    const bus = await connect();
    await actors(t, bus, 20);
    await goalTaker(bus);
    const gateway = await startGateway(t, await connect({ reconnect: true }), TOKENS, { env });
    const all = await listen(t, `${gateway.url}/v1/events`, bearer(TOKEN));
    const mine = await listen(t, `${gateway.url}/v1/events?client_id=mine`, bearer(TOKEN));
    const others = await listen(t, `${gateway.url}/v1/events`, bearer(OTHER));
    await mine.until('it is greeted', (frames) => frames.length >= 2);
    const [init, ping] = mine.frames;
    assert.deepEqual([init?.event, init?.retry, ping?.event, ping?.data], ['init', '3000', 'ping', {}]);
    assert.match(String(init?.id), /^[a-z0-9]+-\d+$/);
    const { server, ...greeting } = init?.data ?? {};
    assert.deepEqual(greeting, { client_id: 'mine', contract_version: 1, resumed: false, pending: [] });
    assert.equal((server as { name?: string }).name, 'gateway');

    const send = (json: object, path = '/v1/tasks', more = {}) =>
      gateway.ask(path, { json, headers: { ...bearer(TOKEN), ...more } });
    const first = await bodyOf(await send({ worker_type: 'echo', payload: { n: 1 }, client_id: 'mine' }));
    const second = await bodyOf(await send({ worker_type: 'echo', payload: { n: 2 } }, '/v1/tasks'));
    await mine.until('both are told', () => mine.of('task/result').length === 2);
    await all.until('one is told', () => all.of('task/result').length === 1);
    assert.deepEqual(
      mine
        .of('task/result')
        .map(({ data }) => data.request_id)
        .sort(),
      [first.request_id, second.request_id].sort(),
    );
    assert.deepEqual(
      all.of('task/result').map(({ data }) => data.request_id),
      [second.request_id],
    );
    const told = all.of('task/result')[0]?.data ?? {};
    assert.deepEqual([told.status, told.task_id, told.result_omitted], ['completed', second.task_id, false]);
    assert.deepEqual((told.result as { output?: unknown }).output, { n: 2 });

    const goal = await bodyOf(await send({ instruction: 'do' }, '/v1/goals', { 'heddle-client-id': 'mine' }));
    await mine.until('the goal is told', () => mine.of('goal/result').length === 1);
    const [state] = mine.of('goal/state');
    assert.deepEqual(
      [state?.data.goal_id, state?.data.worker_type, state?.data.status],
      [goal.goal_id, 'a', 'completed'],
    );
    assert.ok(
      mine.frames.indexOf(state as never) < mine.frames.indexOf(mine.of('goal/result')[0] as never),
      'in order',
    );

    const slow = await bodyOf(await send({ worker_type: 'nobody', payload: {}, client_id: 'mine' }));
    bus.publish(`heddle.gateway.progress.${slow.task_id}`, JSON.stringify({ percent: 50, note: 'half' }));
    await mine.until('progress is told', () => mine.of('task/progress').length === 1);
    assert.deepEqual(mine.of('task/progress')[0]?.data, {
      request_id: slow.request_id,
      task_id: slow.task_id,
      progress_omitted: false,
      progress: { percent: 50, note: 'half' },
    });
    const again = await listen(t, `${gateway.url}/v1/events?client_id=mine`, bearer(TOKEN));
    await again.until('it is greeted', (frames) => frames.length >= 1);
    const pending = again.frames[0]?.data.pending as { request_id: string }[];
    assert.deepEqual(
      pending.map(({ request_id: id }) => id),
      [slow.request_id],
    );

    // An old socket that ends takes nothing from the new one.
    mine.close();
    await send({ worker_type: 'echo', payload: { n: 3 }, client_id: 'mine' });
    await again.until('frames go on', () => again.of('task/result').length === 1);

    const foreign = await gateway.ask('/v1/events?client_id=mine', { headers: bearer(OTHER) });
    assert.deepEqual([foreign.status, (await problemOf(foreign)).code], [403, 'forbidden']);
    const taken = await gateway.ask('/v1/tasks', {
      json: { worker_type: 'echo', payload: {}, client_id: 'mine' },
      headers: bearer(OTHER),
    });
    assert.equal(taken.status, 403);
    assert.equal((await gateway.ask('/v1/events', { headers: bearer(env.M) })).status, 403);
    assert.equal((await gateway.ask('/v1/events')).status, 401);
    assert.equal((await gateway.ask('/v1/events?client_id=a%20b', { headers: bearer(TOKEN) })).status, 400);
    assert.deepEqual(
      others.frames.map(({ event }) => event),
      ['init', 'ping'],
      'others are told nothing',
    );
  });
}
