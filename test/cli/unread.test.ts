import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Broker, startBroker } from '../../src/broker/broker.ts';
import { sourceIn } from '../../src/letters/directory-home.ts';
import { WATCHED } from '../../src/letters/layout.ts';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { PROGRAM } from '../helpers/program-under-test.ts';

// Somebody holds the other end of our stdout and never reads. A signal ends every command all the same, in its time.

const folder = mkdtempSync(join(tmpdir(), 'heddle-unread-'));
/** What a command says that a signal ends, and has nothing left to finish. */
const GRACE_MS = 1000;
const AFTER_GRACE_MS = 1000;
/** A process that ends on a busy machine. */
const SLACK_MS = 1500;
const TASKS = 4000;

let broker: Broker;
let client: Transport;

before(async () => {
  broker = await startBroker();
  client = await connect({ servers: [broker.url], timeoutMs: 20_000 });
  mkdirSync(join(folder, 'configs', 'workers'), { recursive: true });
  writeFileSync(join(folder, 'echo.yaml'), 'name: echo\nworker_kind: processor\n');
  writeFileSync(join(folder, 'echo.mjs'), 'export default () => ({ text: "x".repeat(200) });');
  writeFileSync(join(folder, 'lines.jsonl'), '{"n":1}\n'.repeat(20_000));
});

after(async () => {
  await client.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});
noLeaks();

interface Unread {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  said(pattern: RegExp, meanwhile?: () => void): Promise<void>;
}

function start(t: TestContext, argv: readonly string[], reader: 'pipe' | 'socket'): Unread {
  const stdout = reader === 'socket' ? 'pipe' : unreadPipe(t);
  const [program, ...words] = [...PROGRAM, ...argv];
  const child = spawn(program, words, {
    cwd: folder,
    env: { ...process.env, NATS_URL: undefined, NO_COLOR: '1' },
    stdio: ['ignore', stdout, 'pipe'],
  });
  t.after(() => {
    child.kill('SIGKILL');
    child.stdout?.destroy();
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const said = async (pattern: RegExp, meanwhile = (): void => {}): Promise<void> => {
    for (let tries = 0; !pattern.test(stderr); tries += 1) {
      assert.ok(tries < 600 && child.exitCode === null, `${pattern} was not said: ${stderr}`);
      meanwhile();
      await pause(50);
    }
  };
  return { child, stderr: () => stderr, said };
}

/** A pipe, as a shell makes one: its reading end is open, and nobody reads. */
function unreadPipe(t: TestContext, full = false): number {
  const path = join(mkdtempSync(join(folder, 'pipe-')), 'fifo');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  if (full) fill(path);
  t.after(() => closeSync(reader));
  setTimeout(() => closeSync(writer), 1000).unref();
  return writer;
}

function fill(path: string): void {
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(writer, Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
  } finally {
    closeSync(writer);
  }
}

/** Publishes until somebody answers, and then so many that no pipe holds what is said of them. */
async function until(bus: Transport, subject: string, publish: () => void): Promise<void> {
  let came = 0;
  const watch = bus.subscribe(subject, () => {
    came += 1;
  });
  const seen = async (count: number, meanwhile: () => void): Promise<void> => {
    for (let tries = 0; came < count; tries += 1) {
      assert.ok(tries < 600, `${came} of ${count} came`);
      meanwhile();
      await pause(50);
    }
  };
  await seen(1, publish);
  for (let count = 0; count < TASKS; count += 1) publish();
  await seen(TASKS, () => {});
  watch.unsubscribe();
}

async function ends({ child, stderr }: Unread, code: number, withinMs: number): Promise<void> {
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  // Its last words may be on their way still when it has gone.
  const said = new Promise<void>((resolve) => child.stderr?.once('end', resolve));
  const from = performance.now();
  child.kill('SIGTERM');
  const late = pause(withinMs + 10_000, undefined, { ref: false }).then(() => ['it is still there', null]);
  const [status, signal] = await Promise.race([exited, late]);
  const took = performance.now() - from;
  assert.deepEqual([status, signal], [code, null], stderr());
  assert.ok(took < withinMs + SLACK_MS, `it took ${Math.round(took)} ms`);
  await Promise.race([said, pause(5_000, undefined, { ref: false })]);
  assert.match(stderr(), /nobody read stdout for 1 s after the signal: [\d.]+[KM]iB of output dropped\n/);
}

const BUS = (): string[] => ['--nats-url', broker.url, '--no-env-file', '--no-nats-context'];
const task = (worker: string): string => JSON.stringify({ task_id: 't', worker_type: worker, payload: {} });
const WINDOWS = process.platform === 'win32' && 'Windows has no such signals';

for (const reader of ['pipe', 'socket'] as const) {
  test(`worker, an unread ${reader}`, { skip: WINDOWS }, async (t) => {
    const argv = [
      'worker',
      '--config',
      'echo.yaml',
      '--handler',
      'echo.mjs',
      '-v',
      '-o',
      'ndjson',
      '--grace',
      '1s',
      ...BUS(),
    ];
    const run = start(t, argv, reader);
    await until(client, 'heddle.results.default', () => client.publish('heddle.tasks.echo.local', task('echo')));
    await ends(run, 0, GRACE_MS + AFTER_GRACE_MS);
  });

  test(`tail, an unread ${reader}`, { skip: WINDOWS }, async (t) => {
    const run = start(t, ['tail', '-o', 'ndjson', '--buffer', '1MiB', ...BUS()], reader);
    await run.said(/following/);
    for (let count = 0; count < 20_000; count += 1) {
      client.publish(
        'heddle.results.default',
        JSON.stringify({ task_id: 't', worker_type: 'echo', status: 'completed', output: { text: 'x'.repeat(600) } }),
      );
      if (count % 500 === 0) await client.flush();
    }
    // As people ask for its figures: until all came.
    await run.said(/of 20,000 received/, () => run.child.kill('SIGUSR2'));
    const before = run.stderr().length;
    await ends(run, 143, 2 * AFTER_GRACE_MS);
    const summary = run.stderr().slice(before);
    const said = [/, ([\d,]+) messages lost/, /: ([\d,]+) messages that waited/];
    const [lost, waited] = said.map((pattern) => Number(pattern.exec(summary)?.[1]?.replaceAll(',', '')));
    assert.ok(lost && waited && waited <= lost, summary);
    assert.match(summary, / of 20,000 received/);
  });
}

test('router, an unread pipe', { skip: WINDOWS }, async (t) => {
  const run = start(t, ['router', '-v', '-o', 'ndjson', '--grace', '1s', ...BUS()], 'pipe');
  await until(client, 'heddle.tasks.some.>', () => client.publish('heddle.tasks.incoming', task('some')));
  await ends(run, 0, GRACE_MS + AFTER_GRACE_MS);
});

test('dev, an unread pipe', { skip: WINDOWS }, async (t) => {
  const ready = join(folder, 'ready.json');
  const run = start(
    t,
    ['dev', '--port', '0', '-v', '-o', 'ndjson', '--grace', '1s', '--ready-file', ready, '--configs-dir', 'configs'],
    'pipe',
  );
  let url = '';
  for (let tries = 0; url === '' && tries < 3000; tries += 1) {
    await pause(10);
    try {
      url = (JSON.parse(readFileSync(ready, 'utf8')) as { url: string }).url;
    } catch {}
  }
  const bus = await connect({ servers: [url] });
  try {
    await until(bus, 'heddle.tasks.some.>', () => bus.publish('heddle.tasks.incoming', task('some')));
  } finally {
    await bus.close();
  }
  await ends(run, 0, GRACE_MS + AFTER_GRACE_MS);
});

test('submit --jsonl --wait, an unread pipe', { skip: WINDOWS }, async (t) => {
  let answered = 0;
  const worker = client.subscribe('heddle.tasks.incoming', ({ data }) => {
    const task = JSON.parse(Buffer.from(data).toString()) as { task_id: string; parent_task_id: string };
    const { task_id, parent_task_id } = task;
    const result = {
      task_id,
      parent_task_id,
      worker_type: 'echo',
      status: 'completed',
      output: { x: 'x'.repeat(300) },
    };
    client.publish(`heddle.results.${parent_task_id}`, JSON.stringify(result));
    answered += 1;
  });
  await client.flush();
  t.after(() => worker.unsubscribe());
  const run = start(t, ['submit', 'echo', '--jsonl', 'lines.jsonl', '--wait', '60s', '-o', 'json', ...BUS()], 'pipe');
  // Until nothing is begun any more, because nobody read of what was done.
  for (let before = -1; before !== answered || answered === 0; await pause(500)) before = answered;
  assert.ok(answered < 20_000, `${answered} answered`);
  await ends(run, 143, AFTER_GRACE_MS);
  assert.doesNotMatch(run.stderr(), /Warning/, 'of the runtime');
});

for (const argv of [
  ['export', '-'],
  ['list', '-o', 'ndjson'],
]) {
  test(`dead-letter ${argv[0]}, an unread socket`, { skip: WINDOWS }, async (t) => {
    const letter = {
      subject: 'heddle.tasks.dead_letter',
      message: { reason: 'x'.repeat(300), original_task: { task_id: 't' } },
    };
    const lines = Array.from({ length: TASKS }, (_, at) => {
      const message = { ...letter.message, task_id: `${at}` };
      return `${JSON.stringify({ ...letter, message })}\n`;
    });
    writeFileSync(join(folder, 'letters.ndjson'), lines.join(''));
    const store = join(folder, `letters-${argv[0]}`);
    const { stream } = await sourceIn({ home: 'directory', path: store, clock: systemClock }, WATCHED);
    await stream.ensure({});
    await stream.close();
    const [program, ...words] = [...PROGRAM, 'dead-letter', 'import', 'letters.ndjson', '--store', store];
    const kept = spawnSync(program, words, { cwd: folder, encoding: 'utf8' });
    assert.equal(kept.status, 0, kept.stderr);
    const run = start(t, ['dead-letter', ...argv, '--store', store], 'socket');
    // It has begun to write; what it has is far more than anything between it and us holds.
    await once(run.child.stdout as Readable, 'readable');
    await pause(500);
    await ends(run, 143, AFTER_GRACE_MS);
  });
}

test('router: with stderr unread, too, the exit code stays what it was', { skip: WINDOWS }, async (t) => {
  const pipe = unreadPipe(t, true);
  const argv = ['router', '--nats-url', broker.url, '-v'];
  const [program, ...words] = [...PROGRAM, ...argv];
  const child = spawn(program, words, {
    cwd: folder,
    env: { ...process.env, NATS_URL: undefined, NO_COLOR: '1' },
    stdio: ['ignore', pipe, pipe],
  });
  t.after(() => child.kill('SIGKILL'));
  const before = broker.connections().length;
  while (broker.connections().length === before) await pause(20);
  await pause(500);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
