import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fateOf, readPubAck } from '../../src/delivery/heard.ts';
import { Sender, sendOnce } from '../../src/delivery/sender.ts';
import { Submitter } from '../../src/delivery/submitter.ts';
import type { BatchReport } from '../../src/submit/batch/report.ts';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { echo, sources, startRouter, startWorker } from '../submit/actors.ts';

// A JetStream stream takes what is published into it, and is no listener.

noLeaks();
const skip = skipWithoutNatsServer();
const task = (parentId?: string) => prepareTask({ workerType: 'echo', payload: {}, parentId }, sources);

interface StreamBus {
  readonly url: string;
  connect(): Promise<Transport>;
}

async function busWithStream(t: TestContext, stream?: object): Promise<StreamBus> {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }' });
  const open: Transport[] = [];
  t.after(() => Promise.all(open.map((each) => each.close())));
  const bus: StreamBus = {
    url: server.url,
    connect: async () => {
      const transport = await connect({ servers: [server.url] });
      open.push(transport);
      return transport;
    },
  };
  if (stream === undefined) return bus;
  const config = { name: 'KEEP', subjects: ['heddle.tasks.incoming'], storage: 'memory', num_replicas: 1, ...stream };
  const admin = await bus.connect();
  const answer = await admin.request('$JS.API.STREAM.CREATE.KEEP', JSON.stringify(config), { timeoutMs: 10_000 });
  assert.equal(JSON.parse(Buffer.from(answer.data).toString()).error, undefined);
  return bus;
}

test('an acknowledgement of a stream is read, and nothing else is taken for one', () => {
  const read = (text: string) => readPubAck(Buffer.from(text));
  assert.deepEqual(read('{"stream":"S", "seq":1}'), { stream: 'S', kept: true });
  assert.deepEqual(read('{"stream":"S","seq":7,"duplicate":true,"domain":"d"}'), { stream: 'S', kept: true });
  assert.deepEqual(read('{"error":{"code":503},"stream":"S","seq":0}'), { stream: 'S', kept: false });
  for (const text of ['', 'ok', '{}', '[]', 'null', '{"stream":"","seq":1}', '{"stream":1,"seq":1}']) {
    assert.equal(read(text), undefined, text);
  }
  assert.equal(readPubAck(Uint8Array.of(0xff, 0xfe)), undefined);
});

test('stored and not heard, a hundred times', { skip }, async (t) => {
  const bus = await busWithStream(t, { storage: 'file' });
  const sender = new Sender(await bus.connect());
  for (let round = 0; round < 100; round += 1) {
    const receipt = await sender.send(task());
    assert.deepEqual([receipt.heard, receipt.stored_by], ['unknown', 'KEEP'], `round ${round}`);
  }
  const many = await Promise.all(Array.from({ length: 500 }, () => sender.publish('heddle.tasks.incoming', '{}')));
  assert.deepEqual([...new Set(many.map(fateOf))], ['stored']);
  sender.close();
});

test('a router besides: the server does not tell', { skip }, async (t) => {
  const bus = await busWithStream(t, {});
  await startRouter(await bus.connect());
  const { heard, stored_by } = await sendOnce(await bus.connect(), task());
  assert.deepEqual([heard, stored_by], ['unknown', 'KEEP']);
});

test('a stream that is full, or acknowledges nothing, has stored nothing as far as it says', { skip }, async (t) => {
  const full = await busWithStream(t, { max_msgs: 1, discard: 'new' });
  const sender = new Sender(await full.connect());
  assert.equal(fateOf(await sender.publish('heddle.tasks.incoming', '{}')), 'stored');
  assert.equal(fateOf(await sender.publish('heddle.tasks.incoming', '{}')), 'unknown');
  sender.close();
  const silent = await busWithStream(t, { no_ack: true });
  // The server cannot tell it from a listener.
  assert.equal((await sendOnce(await silent.connect(), task())).heard, 'yes');
});

test('JetStream without a stream over the subject changes nothing', { skip }, async (t) => {
  const bus = await busWithStream(t, { subjects: ['other.>'] });
  const client = await bus.connect();
  assert.deepEqual([(await sendOnce(client, task())).heard], ['no']);
  await startRouter(await bus.connect());
  const receipt = await sendOnce(client, task());
  assert.deepEqual([receipt.heard, 'stored_by' in receipt], ['yes', false]);
});

test('the answer is the answer, stored or not', { skip }, async (t) => {
  const bus = await busWithStream(t, {});
  await startRouter(await bus.connect());
  await startWorker(await bus.connect(), echo);
  const submitter = new Submitter(await bus.connect(), { lingerMs: 0 });
  const { outcome } = await submitter.start(task('p'), { timeoutMs: 20_000 });
  assert.equal((await outcome).kind, 'completed');
  submitter.close();
});

test('submit says so in words, and in its receipt', { skip }, async (t) => {
  const bus = await busWithStream(t, {});
  const submit = (...argv: string[]) =>
    runCli(['submit', 'echo', '--set', 'a=b', ...argv], { env: { NATS_URL: bus.url } });
  const words = 'stored by stream "KEEP", not heard by a listener as far as the server says';
  const advice =
    'A stream works on nothing: a router must listen besides. Leave the subjects of tasks and goals out of it (nats stream edit KEEP --subjects=…), or have senders ask who listens: heddle-ts submit --verify.';
  const human = await submit();
  assert.deepEqual([human.code, human.stderr], [0, `warning: ${words} (${advice})\n`]);
  const machine = await submit('-o', 'json');
  const receipt = JSON.parse(machine.stdout);
  assertKeepsSchema('submit', receipt);
  assert.deepEqual([receipt.heard, receipt.stored_by, machine.code], ['unknown', 'KEEP', 0]);

  const late = await submit('--wait', '100ms');
  assert.equal(late.code, 124);
  assert.ok(late.stderr.includes(words), late.stderr);

  const verified = await submit('--verify');
  assert.equal(verified.code, 4, verified.stderr);
  assert.match(
    verified.stderr,
    /error: no router listens on heddle\.tasks\.incoming: the task was published and stored by stream "KEEP"\n/,
  );

  const many = await submit('--count', '200', '-o', 'json');
  const summary = JSON.parse(many.stdout) as BatchReport;
  assertKeepsSchema('submit', summary);
  assert.deepEqual([many.code, summary.counts.stored, summary.stored_by], [0, 200, ['KEEP']]);
  assert.equal(many.stderr, `warning: 200 ${words} (${advice})\n`);
});

test('with a router the map decides, and there is nothing to warn of', { skip }, async (t) => {
  const bus = await busWithStream(t, {});
  await startRouter(await bus.connect());
  await startWorker(await bus.connect(), echo);
  const run = await runCli(['submit', 'echo', '--set', 'a=b', '--verify', '-o', 'json'], {
    env: { NATS_URL: bus.url },
  });
  const receipt = JSON.parse(run.stdout);
  assert.deepEqual([run.code, receipt.heard, receipt.stored_by, run.stderr], [0, 'yes', 'KEEP', '']);
  const batch = await runCli(['submit', 'echo', '--count', '50', '--wait', '--linger', '0'], {
    env: { NATS_URL: bus.url },
  });
  assert.equal(batch.code, 0, batch.stderr);
  assert.doesNotMatch(batch.stderr, /stored/);
});

test('a stream that acknowledges nothing is what a map without a listener makes likely', { skip }, async (t) => {
  const bus = await busWithStream(t, { no_ack: true });
  const run = await runCli(['submit', 'echo', '--set', 'a=b', '--verify', '-o', 'json'], {
    env: { NATS_URL: bus.url },
  });
  assert.deepEqual([run.code, JSON.parse(run.stdout).heard], [0, 'unknown']);
  assert.match(run.stderr, /nobody who listens on heddle\.tasks\.incoming.*JetStream stream that acknowledges nothing/);
});
