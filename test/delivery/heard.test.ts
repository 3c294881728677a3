import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendOnce } from '../../src/delivery/sender.ts';
import { Submitter } from '../../src/delivery/submitter.ts';
import { submitGoal, submitTask } from '../../src/submit/submit.ts';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { connect } from '../../src/transport/nats.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { busFor, sources, startRouter, subscriptionsOn } from '../submit/actors.ts';

noLeaks();
const task = () => prepareTask({ workerType: 'echo', payload: {} }, sources);

test('heard: no without a router, yes with one', async (t) => {
  const bus = await busFor(t);
  const client = await bus.connect();
  assert.equal((await submitTask(client, { workerType: 'echo', payload: {} }, sources)).heard, 'no');
  assert.equal((await submitGoal(client, { instruction: 'x' }, sources)).heard, 'no');
  await startRouter(await bus.connect());
  const receipt = await submitTask(client, { workerType: 'echo', payload: {} }, sources);
  assert.equal(receipt.heard, 'yes');
  assert.equal(receipt.subject, 'heddle.tasks.incoming');
  assert.equal(receipt.kind, 'task');
  assert.ok(receipt.bytes > 100 && receipt.elapsed_ms >= 0);
  await client.flush();
  assert.equal(subscriptionsOn(bus), 1, 'only the router listens');
});

test('the server says 503 before the pong, every time', { skip: skipWithoutNatsServer() }, async (t) => {
  const server = await natsServerFor(t);
  const client = await connect({ servers: [server.url] });
  const other = await connect({ servers: [server.url] });
  t.after(() => Promise.all([client.close(), other.close()]));
  // A late 503 would be counted as heard; the listener comes and goes to catch a verdict that is one behind.
  for (let round = 0; round < 300; round += 1) {
    const listens = round % 3 === 0;
    const subscription = listens ? other.subscribe('heddle.tasks.incoming', () => {}) : undefined;
    if (listens) await other.flush();
    assert.equal((await sendOnce(client, task())).heard, listens ? 'yes' : 'no', `round ${round}`);
    subscription?.unsubscribe();
    if (listens) await other.flush();
  }
});

test('a thousand messages at once each have a verdict of their own', async (t) => {
  const bus = await busFor(t);
  const client = await bus.connect();
  const worker = await bus.connect();
  worker.subscribe('heddle.tasks.echo.local', () => {});
  await worker.flush();
  const submitter = new Submitter(client);
  const sent = await Promise.all(
    Array.from({ length: 1000 }, (_, at) =>
      submitter.send(
        prepareTask(
          { workerType: at % 2 === 0 ? 'echo' : 'nobody', tier: 'local', payload: {}, direct: true },
          sources,
        ),
      ),
    ),
  );
  submitter.close();
  for (const receipt of sent) assert.equal(receipt.heard, receipt.worker_type === 'echo' ? 'yes' : 'no');
});

test('who may only publish still sends; heard is unknown then', async (t) => {
  const users = [
    { user: 'p', password: 'p', permissions: { publish: { allow: ['heddle.>'] }, subscribe: { deny: ['>'] } } },
  ];
  const bus = await busFor(t, { users });
  const client = await bus.connect('client', { auth: { user: 'p', password: 'p' } });
  assert.equal((await sendOnce(client, task())).heard, 'unknown');
});

test('a forbidden subject is an error, and so is a message too large', async (t) => {
  const users = [{ user: 'p', password: 'p', permissions: { publish: { deny: ['heddle.tasks.>'] } } }];
  const bus = await busFor(t, { users, maxPayload: 2000 });
  const client = await bus.connect('client', { auth: { user: 'p', password: 'p' } });
  await assert.rejects(sendOnce(client, task()), { code: 'permission_denied' });
  const large = prepareTask({ workerType: 'echo', payload: { text: 'x'.repeat(3000) } }, sources);
  await assert.rejects(sendOnce(client, large), { code: 'payload_too_large' });
});

test('a connection that is gone is an error, not a receipt', async (t) => {
  const bus = await busFor(t);
  const client = await bus.connect();
  bus.broker.pause();
  const sending = sendOnce(client, task());
  bus.broker.dropConnections();
  await assert.rejects(sending, { code: 'connection_lost' });
});
