import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Submitter } from '../../src/delivery/submitter.ts';
import type { SharedResults } from '../../src/delivery/wait/result-subjects.ts';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { connect } from '../../src/transport/nats.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { echo, sources, startEchoBus, startRouter, startWorker, subscriptionsOn } from '../submit/actors.ts';

noLeaks();
const task = (parentId: string, at = 0) => prepareTask({ workerType: 'echo', payload: { at }, parentId }, sources);

test('thousands at once over one subscription for all results', async (t) => {
  const bus = await startEchoBus(t);
  const client = await bus.connect();
  const submitter = new Submitter(client, { lingerMs: 0, results: { pattern: 'heddle.results.>' } });
  const ends = await Promise.all(
    Array.from({ length: 3_000 }, async (_, at) => {
      const { outcome } = await submitter.start(task(`parent-${at}`, at), { timeoutMs: 60_000 });
      return await outcome;
    }),
  );
  for (const [at, end] of ends.entries()) assert.deepEqual(end.kind === 'completed' && end.result.output, { at });
  await client.flush();
  // The router, the worker, the inbox for who was heard, and the results.
  assert.equal(subscriptionsOn(bus), 4);
  submitter.close();
  await client.flush();
  assert.equal(subscriptionsOn(bus), 2);
});

for (const kind of BUSES) {
  test(`over ${kind.name}: of two under one name each answer reaches one, and whom it is not for hands it on`, {
    skip: kind.skip,
  }, async (t) => {
    const bus = await kind.start(t);
    await startRouter(await bus.connect());
    await startWorker(await bus.connect(), echo);
    const unclaimed: string[] = [];
    const results: SharedResults = {
      pattern: 'heddle.results.>',
      queue: 'gateway',
      onUnclaimed: ({ subject, data }) =>
        unclaimed.push(`${subject} ${JSON.parse(Buffer.from(data).toString()).task_id}`),
    };
    const here = await bus.connect();
    const there = await bus.connect();
    const one = new Submitter(here, { lingerMs: 0, results });
    const other = new Submitter(there, { lingerMs: 0, results });
    // The other one listens from its first wait on.
    const first = await other.start(task('warm-up'), { timeoutMs: 300 });
    await first.outcome;
    const tasks = Array.from({ length: 60 }, (_, at) => task(`p${at}`, at));
    const ends = await Promise.all(
      tasks.map(async (each) => (await one.start(each, { timeoutMs: 1_000 })).outcome.then(({ kind }) => kind)),
    );
    const missed = tasks
      .filter((_, at) => ends[at] === 'timeout')
      .map(({ id, resultSubject }) => `${resultSubject} ${id}`);
    assert.equal(ends.filter((end) => end === 'completed').length + missed.length, 60);
    assert.ok(missed.length > 5 && missed.length < 55, `${missed.length} of 60 went to the other`);
    const handedOn = unclaimed.filter((each) => !each.includes('warm-up'));
    assert.deepEqual(handedOn.sort(), missed.sort());
    one.close();
    other.close();
  });
}

test('a forbidden subscription for all is known before anything is sent', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const rules = 'permissions: { subscribe: { deny: "heddle.results.>" } }';
  const server = await natsServerFor(t, {
    config: `authorization: { users: [ { user: a, password: a }, { user: c, password: c, ${rules} } ] }`,
  });
  const listener = await connect({ servers: [server.url], auth: { user: 'a', password: 'a' } });
  const client = await connect({ servers: [server.url], auth: { user: 'c', password: 'c' } });
  t.after(() => Promise.all([listener.close(), client.close()]));
  let heard = 0;
  listener.subscribe('heddle.tasks.incoming', () => {
    heard += 1;
  });
  await listener.flush();
  for (const queue of [undefined, 'gateway']) {
    const submitter = new Submitter(client, { results: { pattern: 'heddle.results.>', queue } });
    await assert.rejects(submitter.start(task('p'), { timeoutMs: 60_000 }), { code: 'permission_denied' });
    submitter.close();
  }
  await listener.flush();
  assert.equal(heard, 0);
});
