import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { freePort } from '../helpers/ports.ts';
import { type RunningProgram, startProgram } from '../helpers/program.ts';
import { inProject } from '../helpers/root.ts';
import { until } from '../http/raw.ts';

noLeaks();

const PROGRAM = JSON.stringify(inProject('test', 'worker', 'sidecar.mjs'));
const HANDLER = `import { connect } from 'node:net';
export default async (_payload, { sidecar }) => {
  if (sidecar.address === undefined) return { up: sidecar.isUp };
  const at = sidecar.address.replace('unix:', '');
  const socket = at.startsWith('/') ? connect(at) : connect(Number(at.split(':')[1]), '127.0.0.1');
  return await new Promise((resolve) => {
    socket.on('data', (data) => resolve({ up: sidecar.isUp, said: data.toString().trim() }));
    socket.on('error', (error) => resolve({ up: sidecar.isUp, failed: error.code }));
  });
};
`;

interface Setup {
  readonly worker: RunningProgram;
  readonly folder: string;
  readonly pids: () => number[];
  ask(payload?: Record<string, unknown>): Promise<Record<string, unknown>>;
  health(): Promise<{ status: string; sidecar: Record<string, unknown> }>;
  metric(name: string): Promise<number>;
}

async function setup(
  t: TestContext,
  how: string,
  flags: readonly string[] = [],
  handler = ['--handler', './h.mjs'],
  own: { sidecar?: string; files?: Record<string, string> } = {},
): Promise<Setup> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-sidecar-'));
  const broker = await startBroker();
  let bus: Transport | undefined;
  t.after(async () => {
    await bus?.close();
    await broker.close();
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'w.yaml'), 'name: see\nworker_kind: processor\n');
  for (const [name, text] of Object.entries({ 'h.mjs': HANDLER, ...own.files }))
    writeFileSync(join(folder, name), text);
  const pids = join(folder, 'pids');
  writeFileSync(pids, '');
  const sidecar = own.sidecar ?? `"${process.execPath}" ${PROGRAM} ${how} "${pids}"`;
  const argv = [
    'worker',
    '--config',
    'w.yaml',
    ...handler,
    '--sidecar',
    sidecar,
    '--metrics',
    '127.0.0.1:0',
    '-o',
    'ndjson',
    ...flags,
  ];
  const worker = startProgram(t, [...argv, '--nats-url', broker.url, '--no-env-file', '--no-nats-context'], {
    cwd: folder,
    env: {},
  });
  await worker.seen(/"worker_started"/);
  const url = String(worker.lines().find(({ event }) => event === 'metrics_served')?.url);
  const transport = await connect({ servers: [broker.url], timeoutMs: 20_000 });
  bus = transport;
  const results: Record<string, unknown>[] = [];
  transport.subscribe('heddle.results.me', ({ data }) =>
    results.push(JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>),
  );
  await transport.flush();
  return {
    worker,
    folder,
    pids: () => readFileSync(pids, 'utf8').split('\n').filter(Boolean).map(Number),
    ask: async (payload = {}) => {
      const before = results.length;
      transport.publish(
        'heddle.tasks.see.local',
        JSON.stringify({ task_id: String(before), parent_task_id: 'me', worker_type: 'see', payload }),
      );
      await until('a result', () => results.length > before, 20_000);
      return results[before] ?? {};
    },
    health: async () =>
      (await (await fetch(url.replace('/metrics', '/healthz'))).json()) as Awaited<ReturnType<Setup['health']>>,
    metric: async (name) => {
      const text = await (await fetch(url)).text();
      const line = text.split('\n').find((each) => each.startsWith(`heddle_worker_${name}{`));
      return Number(line?.split(' ').at(-1));
    },
  };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function endsClean({ worker, pids }: Setup): Promise<void> {
  worker.kill('SIGTERM');
  assert.equal(await worker.ended, 0, worker.stderr());
  await until('the end of every child', () => pids().every((pid) => !alive(pid)));
}

test('it is started first, the handler has its address, and a death starts it again', async (t) => {
  const it = await setup(t, 'good');
  const events = it.worker.lines().map(({ event }) => event);
  assert.ok(events.indexOf('sidecar_up') < events.indexOf('worker_started'));
  const [first] = it.pids();
  assert.deepEqual((await it.ask()).output, { up: true, said: `pong from ${first}` });
  assert.equal((await it.health()).status, 'ok');
  process.kill(first as number, 'SIGKILL');
  await it.worker.seen(/"sidecar_down"/);
  await until('the next one', () => it.worker.lines().filter(({ event }) => event === 'sidecar_up').length === 2);
  const [, second] = it.pids();
  assert.deepEqual((await it.ask()).output, { up: true, said: `pong from ${second}` });
  assert.equal(await it.metric('sidecar_deaths_total'), 1);
  assert.equal(await it.metric('sidecar_up'), 1);
  await endsClean(it);
});

test('one that says nothing is up when it answers where it listens: a port, or a socket', {
  skip: process.platform === 'win32',
}, async (t) => {
  for (const at of [
    `127.0.0.1:${await freePort()}`,
    `unix:${join(mkdtempSync(join(tmpdir(), 'heddle-socket-')), 's.sock')}`,
  ]) {
    const it = await setup(t, 'quiet', ['--sidecar-at', at]);
    assert.equal((await it.health()).sidecar.address, at);
    assert.match(JSON.stringify((await it.ask()).output), /pong from/);
    await endsClean(it);
  }
});

test('a program behind a pipe finds the address in its environment', async (t) => {
  const script = 'console.log(JSON.stringify({output:{at:process.env.HEDDLE_SIDECAR_ADDRESS}}))';
  const program = JSON.stringify([process.execPath, '-e', script]);
  const it = await setup(t, 'good', [], ['--exec', program, '--exec-per-task']);
  const { output } = await it.ask();
  assert.equal((output as { at: string }).at, (await it.health()).sidecar.address);
  await endsClean(it);
});

const python = spawnSync('python3', ['--version']).status === 0 ? false : 'no python3 on this machine';

test('the example in Python counts words for the handler', { skip: python }, async (t) => {
  const it = await setup(t, 'good', [], ['--handler', './count.mjs'], {
    sidecar: `python3 "${inProject('examples', 'sidecar', 'words.py')}"`,
    files: {
      'count.mjs': `import { connect } from 'node:net';
export default ({ text }, { sidecar }) =>
  new Promise((resolve, reject) => {
    const [host, port] = sidecar.address.split(':');
    const socket = connect(Number(port), host, () => socket.write(JSON.stringify({ text }) + '\\n'));
    socket.on('error', reject).on('data', (line) => socket.end(() => resolve(JSON.parse(line))));
  });
`,
    },
  });
  assert.deepEqual((await it.ask({ text: 'a b A' })).output, { words: { a: 2, b: 1 } });
  await endsClean(it);
});

test('bad lines, one of a megabyte among them, are counted and told, and nothing else', async (t) => {
  const it = await setup(t, 'bad-lines');
  assert.match(JSON.stringify((await it.ask()).output), /pong from/);
  assert.equal((await it.health()).sidecar.bad_lines, 4);
  assert.match(it.worker.stdout(), /a line of 1048578 bytes/);
  await endsClean(it);
});

test('a flood of lines costs the worker no task', async (t) => {
  const it = await setup(t, 'flood');
  await until('the flood', () => it.worker.lines().filter(({ event }) => event === 'sidecar_line').length >= 10);
  for (let n = 0; n < 20; n += 1) assert.match(JSON.stringify((await it.ask()).output), /pong from/);
  assert.ok(it.worker.lines().length < 200, 'what it says is told now and then');
  await endsClean(it);
});

test('one that exits six times is given up: the worker serves on and says so, or fails its tasks, as it was told', async (t) => {
  const it = await setup(t, 'exits', []);
  assert.deepEqual((await it.ask()).output, { up: false });
  const { status, sidecar } = await it.health();
  assert.deepEqual([status, sidecar.state, sidecar.starts, sidecar.deaths], ['degraded', 'gone', 6, 6]);
  assert.match(String(sidecar.reason), /ended 6 times in quick succession \(exit code 3\)/);
  assert.equal(await it.metric('sidecar_up'), 0);
  assert.equal(it.pids().length, 6);
  await endsClean(it);

  const failing = await setup(t, 'exits', ['--sidecar-loss', 'fail', '--sidecar-restarts', '1']);
  const { status: failed, error } = await failing.ask();
  assert.equal(failed, 'failed');
  assert.match(String(error), /the sidecar is not there: .*ended 2 times/);
  await endsClean(failing);
});

test('a worker that cannot be without it ends when it is given up', async (t) => {
  const it = await setup(t, 'good', ['--sidecar-loss', 'stop', '--sidecar-restarts', '0']);
  process.kill(it.pids()[0] as number, 'SIGKILL');
  assert.equal(await it.worker.ended, 3);
  assert.match(it.worker.stderr() + it.worker.stdout(), /the sidecar is not there: .*signal SIGKILL/);
});

test('one that ignores SIGTERM, and what it started, are gone when the worker is', {
  skip: process.platform === 'win32',
}, async (t) => {
  const it = await setup(t, 'deaf');
  assert.match(JSON.stringify((await it.ask()).output), /pong from/);
  assert.equal(it.pids().length, 2);
  await endsClean(it);
});
