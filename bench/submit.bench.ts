import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect as bareConnect, type NatsConnection } from 'nats';
import { startBroker } from '../src/broker/broker.ts';
import { type Sources, systemUuid } from '../src/contract/ids.ts';
import { Submitter } from '../src/delivery/submitter.ts';
import { itemReader } from '../src/submit/batch/item.ts';
import { readLines } from '../src/submit/batch/lines.ts';
import { unpaced } from '../src/submit/batch/pace.ts';
import { sendAll } from '../src/submit/batch/send-all.ts';
import { emptyTally } from '../src/submit/batch/tally.ts';
import { prepareTask } from '../src/submit/task-draft.ts';
import { systemClock } from '../src/time/clock.ts';
import { connect } from '../src/transport/nats.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { judge } from './budget.ts';
import { median } from './median.ts';

// What sending and waiting cost, as ratios to the same work on the bare client, in one run, medians of several.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const PEER = fileURLToPath(new URL('submit-peer.js', import.meta.url));
const sources: Sources = { now: () => Date.now(), uuid: systemUuid };
const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
const children: ChildProcess[] = [];

const server = findNatsServer() === undefined ? await startBroker() : await startNatsServer();
console.log(findNatsServer() === undefined ? 'against the built-in broker' : 'against nats-server');
try {
  await sending();
  await roundTrip();
  await coldStart();
  await flatMemory();
} finally {
  for (const child of children) child.kill();
  await ('stop' in server ? server.stop() : server.close());
  rmSync(folder, { recursive: true, force: true });
}

async function peer(mode: 'drain' | 'actors'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PEER, mode, String(server.port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

function writeInput(name: string, count: number): string {
  const path = join(folder, name);
  const lines: string[] = [];
  for (let at = 0; at < count; at += 1) {
    lines.push(
      JSON.stringify({ text: `paragraph ${at} of the report`, page: at, tags: ['draft', 'q3'], score: at / 7 }),
    );
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** 100,000 payloads from a file of lines to tasks that the server has confirmed. */
async function sending(): Promise<void> {
  const COUNT = 100_000;
  const ROUNDS = 7;
  const path = writeInput('payloads.ndjson', COUNT);
  const ours: number[] = [];
  const loop: number[] = [];
  const prepared: number[] = [];
  const listener = await peer('drain');
  const bytes = Buffer.from(
    prepareTask(
      { workerType: 'echo', payload: JSON.parse(readFileSync(path, 'utf8').split('\n')[0] as string) },
      sources,
    ).text,
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(() => sendOurs(path)));
    loop.push(await timed(() => sendByHand(path)));
    prepared.push(await timed(() => sendPrepared(bytes, COUNT)));
  }
  await end(listener);
  const toLoop = median(ours.map((ms, at) => (loop[at] as number) / ms));
  const toPrepared = median(ours.map((ms, at) => (prepared[at] as number) / ms));
  const rate = Math.round(COUNT / (median(ours) / 1000)).toLocaleString('en-US');
  verdict('send 100,000', `${toLoop.toFixed(2)} x the rate of a hand-written loop, ${rate}/s`, toLoop);
  note('', `${Math.round(toPrepared * 100)} % of the rate of a loop that publishes prepared bytes (aim 60 %)`);
}

async function sendOurs(path: string): Promise<void> {
  const transport = await connect({ servers: [`127.0.0.1:${server.port}`], reconnect: true });
  const tally = emptyTally();
  const end = await sendAll({
    transport,
    clock: systemClock,
    lines: readLines(createReadStream(path, { highWaterMark: 64 * 1024 })),
    read: itemReader({ lines: 'auto', draft: { workerType: 'echo' }, direct: false }, sources),
    onError: 'stop',
    onProblem: (line, problem) => console.log(line, problem),
    onLost: 'report',
    allowUnheard: false,
    pace: unpaced(),
    patienceMs: 1000,
    signal: new AbortController().signal,
    tally,
  });
  await transport.close();
  if (end.stopped !== 'end_of_input' || tally.sent !== 100_000) throw new Error(`${end.stopped}, ${tally.sent} sent`);
}

/** What somebody writes who has the client and an afternoon. */
async function sendByHand(path: string): Promise<void> {
  const nc = await bareConnect({ port: server.port });
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const payload = JSON.parse(line) as unknown;
    const task = {
      task_id: crypto.randomUUID(),
      parent_task_id: null,
      worker_type: 'echo',
      payload,
      model_tier: 'standard',
      priority: 'normal',
      created_at: new Date().toISOString(),
      request_id: null,
      metadata: {},
    };
    nc.publish('heddle.tasks.incoming', JSON.stringify(task));
  }
  await nc.flush();
  await nc.close();
}

async function sendPrepared(bytes: Uint8Array, count: number): Promise<void> {
  const nc = await bareConnect({ port: server.port });
  for (let at = 0; at < count; at += 1) {
    nc.publish('heddle.tasks.incoming', bytes);
    if (at % 5000 === 4999) await new Promise((resolve) => setImmediate(resolve));
  }
  await nc.flush();
  await nc.close();
}

/** Task out, through router and worker, answer back; one after the other, ours and bare in turn. */
async function roundTrip(): Promise<void> {
  const ROUNDS = 1500;
  const others = await peer('actors');
  const transport = await connect({ servers: [`127.0.0.1:${server.port}`] });
  const nc = await bareConnect({ port: server.port });
  const submitter = new Submitter(transport, { lingerMs: 0 });
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(() => exchangeOurs(submitter)));
    bare.push(await timed(() => exchangeBare(nc)));
  }
  submitter.close();
  await transport.close();
  await nc.close();
  await end(others);
  const settled = (list: readonly number[]): number => median(list.slice(ROUNDS / 5));
  const over = settled(ours) - settled(bare);
  const shown = `${settled(ours).toFixed(3)} ms against ${settled(bare).toFixed(3)} ms bare: ${over.toFixed(3)} ms over`;
  verdict('round trip', shown, over);
}

async function exchangeOurs(submitter: Submitter): Promise<void> {
  const task = prepareTask({ workerType: 'echo', payload: { text: 'hello' }, parentId: systemUuid() }, sources);
  const { outcome } = await submitter.start(task, { timeoutMs: 5000 });
  const { kind } = await outcome;
  if (kind !== 'completed') throw new Error(kind);
}

async function exchangeBare(nc: NatsConnection): Promise<void> {
  const taskId = crypto.randomUUID();
  const parentId = crypto.randomUUID();
  const answer = new Promise<void>((resolve) => {
    const sub = nc.subscribe(`heddle.results.${parentId}`, {
      callback: (_, message) => {
        if (message.json<{ task_id: string }>().task_id !== taskId) return;
        sub.unsubscribe();
        resolve();
      },
    });
  });
  const task = {
    task_id: taskId,
    parent_task_id: parentId,
    worker_type: 'echo',
    payload: { text: 'hello' },
    model_tier: 'standard',
    priority: 'normal',
    created_at: new Date().toISOString(),
    request_id: null,
    metadata: {},
  };
  nc.publish('heddle.tasks.incoming', JSON.stringify(task));
  await answer;
}

/** One task from a shell: the whole program against the bare runtime. */
async function coldStart(): Promise<void> {
  const PAIRS = 25;
  const listener = await peer('drain');
  const argv = [BIN, 'submit', 'echo', '--set', 'text=hello', '--nats-url', `127.0.0.1:${server.port}`];
  const ratios: number[] = [];
  spawned(['-e', '0']);
  spawned(argv);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const bare = spawned(['-e', '0']);
    ratios.push(spawned(argv) / bare);
  }
  await end(listener);
  const ratio = median(ratios);
  verdict('cold submit', `${ratio.toFixed(2)} x node -e 0`, ratio);
}

function spawned(argv: readonly string[]): number {
  const from = performance.now();
  const done = spawnSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  const ms = performance.now() - from;
  if (done.status !== 0) throw new Error(`${argv.join(' ')} exited ${done.status}: ${done.stderr}`);
  return ms;
}

/** A million lines through the program; its memory is read from the system while it runs. */
async function flatMemory(): Promise<void> {
  const COUNT = 1_000_000;
  const path = writeInput('million.ndjson', COUNT);
  const listener = await peer('drain');
  const argv = [BIN, 'submit', 'echo', '--jsonl', path, '-o', 'json', '--nats-url', `127.0.0.1:${server.port}`];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const seen: number[] = [];
  const timer = setInterval(() => seen.push(residentMiB(child.pid as number)), 100);
  await once(child, 'close');
  clearInterval(timer);
  await end(listener);
  const { counts, per_second: rate } = JSON.parse(out) as { counts: { sent: number }; per_second: number };
  if (counts.sent !== COUNT) throw new Error(`${counts.sent} of ${COUNT} sent`);
  const known = seen.filter((value) => value > 0);
  if (known.length === 0) return note('1,000,000 lines', `${Math.round(rate)}/s; memory cannot be read on this system`);
  const most = Math.max(...known);
  const half = Math.max(...known.slice(0, Math.ceil(known.length / 2)));
  const shown = `${Math.round(rate).toLocaleString('en-US')}/s, at most ${most.toFixed(0)} MiB resident (${half.toFixed(0)} in the first half)`;
  verdict('1,000,000 lines', shown, most);
}

function residentMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function verdict(name: string, shown: string, value: number): void {
  console.log(`${name.padEnd(16)} ${shown}   ${judge('submit', name, value)}`);
}

function note(name: string, shown: string): void {
  console.log(`${name.padEnd(16)} ${shown}`);
}
