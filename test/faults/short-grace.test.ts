import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../src/transport/nats.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { startWorker, taskText, until } from '../worker/start.ts';
import { proxyFor } from './proxy.ts';

noLeaks();

test('a grace shorter than the way to the server: results that arrive are not called unconfirmed', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t);
  const proxy = await proxyFor(t, server.port);
  proxy.delay(40);
  const far = await connect({ servers: [proxy.url] });
  t.after(() => far.close());
  const near = await connect({ servers: [server.url] });
  t.after(() => near.close());
  const { worker, log } = await startWorker(t, far, () => ({}));
  const results = await gather(near, 'heddle.results.default');
  for (let id = 0; id < 20; id += 1) near.publish('heddle.tasks.echo.local', taskText(String(id)));
  await near.flush();
  await until('all are done', () => worker.counts.completed === 20);
  const counts = await worker.stop(10);
  assert.deepEqual([counts.completed, counts.unconfirmed, counts.unsent], [20, 0, 0]);
  assert.deepEqual(
    log.filter(({ kind }) => kind === 'result_unconfirmed' || kind === 'result_unsent'),
    [],
  );
  await until('all arrived', () => results.messages.length === 20);
});
