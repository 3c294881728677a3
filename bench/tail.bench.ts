import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { judge } from './budget.ts';
import { openHose } from './hose.ts';
import { median } from './median.ts';
import { resultOfSize } from './result-text.ts';

// `tail` beside a bare client that parses and counts the same messages: processes taking turns, medians of the ratios.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const BARE = fileURLToPath(new URL('tail-bare.js', import.meta.url));
/** Fits the buffer of the tail: what is measured is the work, not the dropping. */
const MESSAGES = 150_000;
const ROUNDS = 7;
const FLOOD = 1_000_000;
const STARTS = 15;
const SUBJECT = 'heddle.results.default';

const folder = mkdtempSync(join(tmpdir(), 'heddle-tail-bench-'));
const file = join(folder, 'out.ndjson');
const hose = await openHose('heddle.results.>', SUBJECT, resultOfSize(300));
const ours = [BIN, 'tail', '--nats-url', hose.url, '-q', '--no-env-file', '--no-nats-context'];

try {
  const cases: readonly { name: string; argv: readonly string[]; to: string }[] = [
    { name: 'ndjson to a file', argv: ['-o', 'ndjson'], to: file },
    { name: 'human to /dev/null', argv: [], to: devNull },
    { name: 'ndjson --where', argv: ['-o', 'ndjson', '--where', 'processing_time_ms>5'], to: file },
  ];
  for (const { name, argv, to } of cases) {
    const ratios: number[] = [];
    const count = ['--count', String(MESSAGES)];
    for (let round = 0; round < ROUNDS; round += 1) {
      const bare = await timed([BARE, hose.url, String(MESSAGES)], devNull, MESSAGES);
      ratios.push(bare.ms / (await timed([...ours, ...argv, ...count], to, MESSAGES)).ms);
    }
    const ratio = median(ratios);
    console.log(`${name.padEnd(20)} ${ratio.toFixed(2)} of the bare client   ${judge('tail', name, ratio)}`);
  }

  const flood = await timed([...ours, '-o', 'ndjson', '--idle', '1s'], file, FLOOD);
  const { shown, missed } = accountOf(file);
  if (shown + missed !== FLOOD) throw new Error(`${shown} shown and ${missed} in gaps: ${FLOOD} were poured`);
  console.log(`${FLOOD.toLocaleString('en')} messages       ${shown} shown + ${missed} in gaps   (nothing else lost)`);
  const { peakMb } = flood;
  console.log(
    `  its memory         ${peakMb === undefined ? 'unknown here' : `${peakMb} MB   ${judge('tail', 'memory in a flood', peakMb)}`}`,
  );

  const starts: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const from = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    const bare = performance.now() - from;
    starts.push((await startOnce()) / bare);
  }
  const start = median(starts);
  console.log(`start to subscribed  ${start.toFixed(2)} x node -e 0   ${judge('tail', 'start to subscribed', start)}`);
} finally {
  hose.close();
  rmSync(folder, { recursive: true, force: true });
}

/** From the first message poured to the end of the program. */
async function timed(
  argv: readonly string[],
  to: string,
  count: number,
): Promise<{ ms: number; peakMb: number | undefined }> {
  const fd = openSync(to, 'w');
  const child = spawn(process.execPath, [...argv], { stdio: ['ignore', fd, 'inherit'] });
  closeSync(fd);
  const ended = once(child, 'exit') as Promise<[number]>;
  let peakMb: number | undefined;
  const look = setInterval(() => {
    peakMb = peakOf(child.pid) ?? peakMb;
  }, 50);
  await Promise.race([hose.ready(), ended]);
  const from = performance.now();
  await hose.pour(count);
  const [code] = await ended;
  const ms = performance.now() - from;
  clearInterval(look);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
  return { ms, peakMb };
}

/** Until the server has its subscriptions; then it ends by itself. */
async function startOnce(): Promise<number> {
  const from = performance.now();
  const child = spawn(process.execPath, [...ours, '--count', '1'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  await hose.ready();
  const ms = performance.now() - from;
  await hose.pour(1);
  await ended;
  return ms;
}

/** The most that a process ever held; Linux tells. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}

function accountOf(path: string): { shown: number; missed: number } {
  let shown = 0;
  let missed = 0;
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    if (line.startsWith('{"schema_version":1,"kind":"result"')) shown += 1;
    else if (line !== '') missed += (JSON.parse(line) as { missed?: number }).missed ?? 0;
  }
  return { shown, missed };
}
