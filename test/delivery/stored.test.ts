import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fateOf, readPubAck } from '../../src/delivery/heard.ts';
import { Sender, sendOnce } from '../../src/delivery/sender.ts';
import { Submitter } from '../../src/delivery/submitter.ts';
import { itemReader } from '../../src/submit/batch/item.ts';
import type { Line } from '../../src/submit/batch/lines.ts';
import { unpaced } from '../../src/submit/batch/pace.ts';
import type { BatchReport } from '../../src/submit/batch/report.ts';
import { sendAll } from '../../src/submit/batch/send-all.ts';
import { emptyTally, type Tally } from '../../src/submit/batch/tally.ts';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Message, Transport } from '../../src/transport/transport.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { echo, sources, startRouter, startWorker } from '../submit/actors.ts';

// A JetStream stream takes what is published into it, and is no listener.

const LIMITED = `
jetstream { store_dir: "FOLDER/js" }
accounts {
  A { jetstream: enabled, users = [
    { user: admin, password: pw }
    { user: submitter, password: pw, permissions { publish: ["heddle.>"], subscribe: ["_INBOX.>"] } }
  ] }
  B { users = [{ user: other, password: pw }] }
}`;

noLeaks();
const skip = skipWithoutNatsServer();
const task = (parentId?: string) => prepareTask({ workerType: 'echo', payload: {}, parentId }, sources);

/** As under load, or with replicas: acknowledgements come long after the server's pong. */
function lateAcks(transport: Transport, ms: number): Transport {
  const subscribe: Transport['subscribe'] = (pattern, handler, options) => {
    const late = (message: Message): void => {
      if (readPubAck(message.data) === undefined) handler(message);
      else setTimeout(() => handler(message), ms);
    };
    return transport.subscribe(pattern, late, options);
  };
  return new Proxy(transport, {
    get: (of, key) => {
      if (key === 'subscribe') return subscribe;
      const value: unknown = Reflect.get(of, key, of);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
}

async function sendBatch(transport: Transport, count: number): Promise<Tally> {
  const tally = emptyTally();
  async function* lines(): AsyncGenerator<Line[]> {
    yield Array.from({ length: count }, (_, at) => ({ number: at + 1, text: '{}' }));
  }
  await sendAll({
    transport,
    clock: systemClock,
    lines: lines(),
    read: itemReader({ lines: 'payload', draft: { workerType: 'echo' }, direct: false }, sources),
    onError: 'stop',
    onProblem: () => {},
    onLost: 'report',
    allowUnheard: false,
    pace: unpaced(),
    patienceMs: 20_000,
    signal: new AbortController().signal,
    tally,
  });
  return tally;
}

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

test('an acknowledgement that is late is one all the same', { skip }, async (t) => {
  const bus = await busWithStream(t, {});
  const slow = lateAcks(await bus.connect(), 400);
  const { heard, stored_by } = await sendOnce(slow, task());
  assert.deepEqual([heard, stored_by], ['unknown', 'KEEP']);

  const tally = await sendBatch(slow, 20);
  assert.deepEqual([tally.sent, tally.stored], [20, 20]);
});

test('who may not ask about streams waits a little, and is not refused', { skip }, async (t) => {
  const server = await natsServerFor(t, { config: LIMITED });
  const open: Transport[] = [];
  t.after(() => Promise.all(open.map((each) => each.close())));
  const connectAs = async (user: string): Promise<Transport> => {
    const transport = await connect({ servers: [server.url], auth: { user, password: 'pw' } });
    open.push(transport);
    return transport;
  };
  const admin = await connectAs('admin');
  const sender = new Sender(await connectAs('submitter'));
  assert.equal((await sender.send(task())).heard, 'no');
  const router = admin.subscribe('heddle.tasks.incoming', () => {});
  await admin.flush();
  assert.equal((await sender.send(task())).heard, 'yes');
  router.unsubscribe();
  const keep = JSON.stringify({ name: 'KEEP', subjects: ['heddle.tasks.incoming'], storage: 'memory' });
  await admin.request('$JS.API.STREAM.CREATE.KEEP', keep, { timeoutMs: 10_000 });
  assert.equal((await sendOnce(lateAcks(await connectAs('submitter'), 40), task())).stored_by, 'KEEP');
  sender.close();
  // An account without JetStream has no streams, whatever the server has.
  const other = await connectAs('other');
  other.subscribe('heddle.tasks.incoming', () => {});
  await other.flush();
  const begun = performance.now();
  assert.equal((await sendOnce(await connectAs('other'), task())).heard, 'yes');
  assert.ok(performance.now() - begun < 1500);
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
  // For the server it is a listener; that there is such a stream is what makes it doubtful.
  const patient = new Sender(await silent.connect());
  assert.equal((await patient.send(task())).heard, 'unknown');
  const begun = performance.now();
  for (let round = 0; round < 5; round += 1) assert.equal((await patient.send(task())).heard, 'unknown');
  assert.ok(performance.now() - begun < 1800, 'it is not waited for each time');
  patient.close();
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
