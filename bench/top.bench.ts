import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openGlass } from '../test/helpers/glass.ts';
import { judge } from './budget.ts';
import { startBenchBus } from './bus.ts';

// `top` on a terminal of 120 by 40 under 20,000 messages a second: its share of a core, its pictures a second, how soon a key is
// answered, its memory; and what it writes when nothing happens. HEDDLE_SOAK=1 looks at the memory for an hour.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const LOAD = fileURLToPath(new URL('top-load.js', import.meta.url));
const RATE = 20_000;
const BUSY_MS = process.env.HEDDLE_SOAK === '1' ? 3_600_000 : 20_000;
const IDLE_MS = 5_000;
/** Rates fall to nothing in five seconds, and a little is given for the machine. */
const SETTLE_MS = 9_000;

const bus = await startBenchBus();
const top = await startTop(bus.url);
let load: ChildProcess | undefined;
try {
  await top.seen(/\[1 Bus\]/);
  load = spawn(process.execPath, [LOAD, bus.url, String(RATE)], { stdio: ['ignore', 'inherit', 'inherit'] });
  await sleep(4000);
  const before = top.cpuMs();
  const frames = top.frames;
  const began = performance.now();
  const rss: number[] = [];
  while (performance.now() - began < BUSY_MS) {
    await sleep(1000);
    rss.push(top.rssMb());
  }
  const took = performance.now() - began;
  const core = (top.cpuMs() - before) / took;
  const perSecond = ((top.frames - frames) * 1000) / took;
  const seen = /([\d,.]+)\/s/.exec(await top.picture())?.[1] ?? 'unknown';
  say(
    `${RATE.toLocaleString('en')} messages/s`,
    `${(core * 100).toFixed(0)} % of a core, it says ${seen}/s`,
    judge('top', 'processor', core),
  );
  say('pictures', `${perSecond.toFixed(1)}/s`, judge('top', 'pictures', perSecond));
  const half = rss.length >> 1;
  const grew = Math.max(...rss.slice(half)) - Math.max(...rss.slice(0, half));
  const most = Math.max(...rss);
  say(
    'memory',
    `${most.toFixed(0)} MB at most, ${grew.toFixed(0)} MB more in the second half`,
    judge('top', 'memory', most),
  );

  const answers: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    answers.push(await top.press(round % 2 === 0 ? '2' : '3', round % 2 === 0 ? /\[2 Workers\]/ : /\[3 Tasks\]/));
    await sleep(137);
  }
  answers.sort((a, b) => a - b);
  const [median = 0, worst = 0] = [answers[10], answers.at(-1)];
  say(
    'a key answered',
    `${median.toFixed(0)} ms in the middle, ${worst.toFixed(0)} ms at most`,
    judge('top', 'a key answered', worst),
  );

  load.kill('SIGTERM');
  await once(load, 'exit');
  await top.press('1', /\[1 Bus\]/);
  await sleep(SETTLE_MS);
  const quiet = top.bytes;
  const cpu = top.cpuMs();
  await sleep(IDLE_MS);
  const wrote = top.bytes - quiet;
  say(
    'nothing happens',
    `${wrote} bytes in ${IDLE_MS / 1000} s, ${(((top.cpuMs() - cpu) / IDLE_MS) * 100).toFixed(1)} % of a core`,
    judge('top', 'nothing happens', wrote),
  );
} finally {
  load?.kill('SIGKILL');
  await top.end();
  await bus.stop();
}

function say(what: string, found: string, verdict: string): void {
  console.log(`${what.padEnd(20)} ${found}   ${verdict}`);
}

/** The built program on a pseudo-terminal, which `script` of util-linux makes. */
async function startTop(url: string) {
  const command = `stty cols 120 rows 40; exec '${process.execPath}' '${BIN}' top --nats-url ${url} --no-env-file --no-nats-context`;
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', COLUMNS: undefined, LINES: undefined },
  });
  const glass = openGlass(120, 40);
  let bytes = 0;
  let frames = 0;
  let lastAt = 0;
  let text = '';
  let hear = (): void => {};
  child.stdout.on('data', (chunk: Buffer) => {
    const now = performance.now();
    // A picture comes in several pieces, right behind each other.
    if (now - lastAt > 20) frames += 1;
    lastAt = now;
    bytes += chunk.length;
    void glass.write(chunk.toString());
    text = (text + chunk.toString('latin1')).slice(-200_000);
    hear();
  });
  const seen = async (pattern: RegExp, from = 0): Promise<void> => {
    while (!pattern.test(text.slice(from))) {
      await new Promise<void>((resolve) => {
        hear = resolve;
      });
    }
  };
  await seen(/\u001b\[\?1049h/);
  const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0]);
  const status = (): string => readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    seen,
    get bytes() {
      return bytes;
    },
    get frames() {
      return frames;
    },
    /** As it stands now. */
    picture: async () => {
      await glass.write('');
      return glass.lines().join('\n');
    },
    cpuMs: () => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(status())?.[1] ?? 0) / 1024,
    press: async (key: string, pattern: RegExp): Promise<number> => {
      text = '';
      const from = performance.now();
      child.stdin.write(key);
      await seen(pattern);
      return performance.now() - from;
    },
    end: async () => {
      const ended = once(child, 'exit');
      child.stdin.write('q');
      await Promise.race([ended, sleep(3000)]);
      child.kill('SIGKILL');
    },
  };
}
