import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'nats';
import { judge } from './budget.ts';

// 100,000 tasks through `heddle-ts dev` (router and echo worker in one process), as a client sees them.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const TASKS = 100_000;
const OPEN = 500;

for (const bus of ['builtin', 'auto']) await through(bus);

async function through(bus: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  const ready = join(folder, 'ready.json');
  const dev = spawn(process.execPath, [BIN, 'dev', '--bus', bus, '--ready-file', ready], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => dev.once('exit', resolve));
  while (!existsSync(ready)) await pause(20);
  const { url } = JSON.parse(readFileSync(ready, 'utf8')) as { url: string };
  const nc = await connect({ servers: url });
  const started = new Map<string, number>();
  const times = new Float64Array(TASKS);
  const memory: number[] = [];
  let sent = 0;
  let got = 0;
  const from = performance.now();
  const send = (): void => {
    const id = String(sent);
    started.set(id, performance.now());
    nc.publish(
      'heddle.tasks.incoming',
      `{"task_id":"${id}","parent_task_id":"bench","worker_type":"echo","model_tier":"local","payload":{"text":"the quick brown fox","n":${sent}}}`,
    );
    sent += 1;
  };
  await new Promise<void>((resolve) => {
    nc.subscribe('heddle.results.bench', {
      callback: (_error, message) => {
        const id = /"task_id":"(\d+)"/.exec(Buffer.from(message.data).toString())?.[1] ?? '';
        times[got] = performance.now() - (started.get(id) ?? 0);
        started.delete(id);
        got += 1;
        if (got % (TASKS / 10) === 0) memory.push(rssOf(dev));
        if (sent < TASKS) send();
        else if (got === TASKS) resolve();
      },
    });
    for (let open = 0; open < OPEN; open += 1) send();
  });
  const ms = performance.now() - from;
  await nc.close();
  dev.kill('SIGTERM');
  const code = await ended;
  rmSync(folder, { recursive: true, force: true });
  times.sort();
  const at = (share: number): string => `${(times[Math.floor(TASKS * share)] ?? 0).toFixed(1)} ms`;
  const [second = 0, last = 0] = [memory[1], memory.at(-1)];
  console.log(
    `--bus ${bus.padEnd(8)} ${TASKS.toLocaleString('en')} tasks, ${OPEN} open at a time: ${Math.round((TASKS / ms) * 1000).toLocaleString('en')}/s, p50 ${at(0.5)}, p99 ${at(0.99)}, exit ${code}`,
  );
  if (last > 0)
    console.log(
      `               memory ${memory.map((mb) => Math.round(mb)).join(' ')} MB   ${judge('dev', 'memory', (last - 10) / second)}`,
    );
}

/** Megabytes, where the system says so in a file; 0 elsewhere. */
function rssOf(child: ChildProcess): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
