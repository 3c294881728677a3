// Everything that is too long for `npm test`, in so many minutes: every command under every fault, signals at any moment, fuzz of
// every parser, and beside them a bus with a gateway under load, whose memory and handles are watched. What was seen is written to
// test/faults/results.json and docs/reliability.md.
// `npm run soak -- --minutes 30`; `npm run soak -- --minutes 5 killed` runs test files whose path holds the word in place of those.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const at = process.argv.indexOf('--minutes');
const minutes = at < 0 ? 30 : Number(process.argv[at + 1]);
if (!Number.isFinite(minutes) || minutes < 1) {
  console.error('--minutes: how many, as a number of 1 or more');
  process.exit(2);
}
const words = process.argv
  .slice(2)
  .filter((word, index, all) => !word.startsWith('-') && all[index - 1] !== '--minutes');

run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
run('node', ['tools/build.mjs']);
const STEADY = join('.build', 'test', 'faults', 'steady.test.js');
const files = readdirSync('.build/test', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) =>
    words.length === 0 ? file.includes(join('test', 'faults')) : words.some((word) => file.includes(word)),
  )
  .filter((file) => file !== STEADY)
  .sort();

/** What has a bound of its own: its share of the minutes. */
const SHARES = { matrix: 0.6, signals: 0.2, fuzz: 0.1 };
const shareOf = (file) =>
  Object.entries(SHARES).find(([name]) => file.endsWith(join('faults', `${name}.test.js`)))?.[1];
const bounded = files.filter((file) => shareOf(file) !== undefined);
// What measures time is not asked to do so beside a load; it takes as long as it takes.
const alone = minutes >= 30 || words.length > 0 ? files.filter((file) => shareOf(file) === undefined) : [];

const LONG = { HEDDLE_SOAK: '1', HEDDLE_ROUNDS: process.env.HEDDLE_ROUNDS ?? '20' };

/** What a cell may take that began in the last moment, and a busy machine. */
const SPARE_MS = 90_000;

const began = Date.now();
const elapsed = () => (Date.now() - began) / 60_000;
const loaded = words.length === 0;
if (loaded) console.log(`\n== dev and a gateway under load, for ${minutes} minutes from now`);
const steady = loaded ? test([STEADY], { HEDDLE_STEADY_MINUTES: String(minutes) }) : 0;
let rounds = 0;
let failed = false;
do {
  rounds += 1;
  for (const file of bounded) {
    console.log(`\n== ${file.slice('.build/test/'.length)}, with the seed ${rounds}`);
    const until = Date.now() + shareOf(file) * minutes * 60_000;
    const env = { HEDDLE_SOAK: '1', HEDDLE_SEED: String(rounds), HEDDLE_UNTIL: String(until) };
    if ((await test([file], env, until - Date.now() + SPARE_MS)) !== 0) failed = true;
  }
  // A round that would end long after the minutes is not begun.
} while (bounded.length > 0 && !failed && elapsed() + elapsed() / rounds <= minutes);
const how = await steady;
for (const file of alone) {
  console.log(`\n== ${file.slice('.build/test/'.length)}`);
  if ((await test([file], { ...LONG, HEDDLE_MINUTES: String(minutes) })) !== 0) failed = true;
}
console.log(
  `\n${rounds} round${rounds === 1 ? '' : 's'} ${failed ? 'with failures' : 'went well'}, the load ${how === 0 ? 'went well' : 'found something'}, after ${elapsed().toFixed(1)} minutes`,
);
run('node', ['tools/generate-reliability-doc.mjs']);
process.exitCode = failed || how !== 0 ? 1 : 0;

/** The exit code. */
function test(which, env, mostMs) {
  const args = ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-reporter=spec'];
  const child = spawn(process.execPath, [...args, '--test-timeout=5400000', ...which], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that one that hangs can be ended with all that it started.
    detached: mostMs !== undefined,
    env: Object.fromEntries(Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined)),
  });
  const late = setTimeout(() => {
    console.log(`${which.join(' ')} hangs: it is ended long after its time`);
    process.kill(mostMs === undefined ? child.pid : -child.pid, 'SIGKILL');
  }, mostMs ?? 5_400_000);
  // Of what went well, how many are enough.
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) if (!/^\s*(✔|▶|﹣)|^ℹ (suites|cancelled|todo|tests) /.test(line)) console.log(line);
  });
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(late);
      resolve(code ?? 1);
    }),
  );
}
