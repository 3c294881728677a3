// Which modules does each kind of start load? Asked of the program itself, against a bus of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The starts that are worth being quick: probes, checks, and what a person types all day. */
const STARTS = {
  version: ['--version'],
  help: ['--help'],
  preflight: ['preflight', '@bus'],
  probe: ['preflight', '--probe', 'ready', '@bus'],
  live: ['preflight', '--probe', 'live'],
  status: ['status', '@bus'],
  validate: ['validate', 'configs/workers/echo.yaml'],
  submit: ['submit', 'echo', '--set', 'text=x', '@bus'],
  wait: ['submit', 'echo', '--tier', 'local', '--set', 'text=x', '--wait', '5s', '@bus'],
  tail: ['tail', '--for', '10ms', '@bus'],
  ndjson: ['tail', '--for', '10ms', '-o', 'ndjson', '@bus'],
  reload: ['reload', '@bus'],
  explain: ['submit', '--help'],
};

/** Long past what any of them needs: what hangs must fail the build. */
const PATIENCE_MS = 30_000;

/** Makes each module say that it is loaded. */
export const recordLoad = {
  name: 'record-load',
  transform: (code, id, { moduleType }) =>
    moduleType === 'json' ? null : { code: `globalThis.heddleLoad?.push(${JSON.stringify(id)});${code}`, map: null },
};

/** Module to the names of the starts that loaded it. */
export async function measureLoad(dir) {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-load-'));
  const runner = join(folder, 'run.mjs');
  writeFileSync(
    runner,
    `import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const [out, ...argv] = process.argv.slice(2);
globalThis.heddleLoad = [];
const { main, processIo } = createRequire(import.meta.url)(${JSON.stringify(resolve(dir, 'main.js'))});
process.exitCode = await main(argv, processIo());
writeFileSync(out, JSON.stringify(globalThis.heddleLoad));
setTimeout(() => process.exit(), 500).unref();
`,
  );
  const ready = join(folder, 'ready.json');
  const bus = start(runner, join(folder, 'dev.out'), ['dev', '--bus', 'builtin', '--ready-file', ready]);
  try {
    const url = JSON.parse(await appears(ready)).url;
    const load = new Map();
    await Promise.all(
      Object.entries(STARTS).map(async ([name, argv]) => {
        const out = join(folder, `${name}.json`);
        await start(
          runner,
          out,
          argv.flatMap((word) => (word === '@bus' ? ['--nats-url', url] : [word])),
        ).ended;
        for (const id of JSON.parse(readFileSync(out, 'utf8'))) load.set(id, (load.get(id) ?? new Set()).add(name));
      }),
    );
    return load;
  } finally {
    bus.child.kill('SIGTERM');
    await bus.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(runner, out, argv) {
  const child = spawn(process.execPath, [runner, out, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: PATIENCE_MS,
    // What the builder's own machine is set up for must not decide what is loaded.
    env: { PATH: process.env.PATH, HOME: join(tmpdir(), 'nobody') },
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 70 || (code === null && signal !== 'SIGTERM'))
        reject(
          new Error(`heddle-ts ${argv.join(' ')} ended with ${code ?? signal} while its load was measured:\n${said}`),
        );
      else resolve();
    });
  });
  ended.catch(() => {});
  return { child, ended };
}

async function appears(file) {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
    try {
      const text = readFileSync(file, 'utf8');
      if (text.endsWith('\n') || text.endsWith('}')) return text;
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${file} did not appear while the load was measured`);
}
