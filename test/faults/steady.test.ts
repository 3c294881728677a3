import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { noLeaks } from '../helpers/leaks.ts';
import { freePort } from '../helpers/ports.ts';
import { type RunningProgram, startProgram } from '../helpers/program.ts';
import { ask, GATEWAY_CONFIG, load, SECRET } from './load.ts';
import { noteResults } from './results.ts';
import { courseOf, type Vitals, vitalsOf } from './vitals.ts';

// A bus, a gateway, a worker over HTTP and a tail under load: memory and handles stay where they are, and nothing that was
// acknowledged is lost. A few seconds always; HEDDLE_STEADY_MINUTES (npm run soak -- --minutes N) for as long as is wanted.

noLeaks();

const MINUTES = Number(process.env.HEDDLE_STEADY_MINUTES ?? 0);
const MS = MINUTES > 0 ? MINUTES * 60_000 : 2_500;
/**
 * What may be more in the last quarter than in the second: the collector comes when it likes, and a process takes some ten minutes
 * to grow into the heap that it then keeps.
 */
const GROWTH = { mib: MINUTES < 15 ? 32 : 12, share: 0.1, handles: 8 };
const SEED = Number(process.env.HEDDLE_SEED ?? 1);

test(`dev and a gateway under load for ${MINUTES > 0 ? `${MINUTES} minutes` : 'a moment'}`, {
  timeout: MS + 120_000,
}, async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-steady-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'gateway.yaml'), GATEWAY_CONFIG);
  mkdirSync(join(cwd, 'far'));
  writeFileSync(
    join(cwd, 'far', 'far.yaml'),
    'name: far\nworker_kind: processor\nprocessing_backend: a.b\ninput_schema: {type: object}\noutput_schema: {type: object}\n',
  );
  const programs: Record<string, RunningProgram> = {};
  programs.dev = startProgram(t, ['dev', '--bus', 'builtin', '--ready-file', 'ready.json', '-q'], { cwd });
  let nats = '';
  await until('dev is ready', async () => {
    nats = (JSON.parse(readFileSync(join(cwd, 'ready.json'), 'utf8')) as { url: string }).url;
    return true;
  });
  const env = { NATS_URL: nats, SECRET };
  const http = `http://127.0.0.1:${await freePort()}`;
  const listen = ['--listen', http.slice('http://'.length)];
  programs.gateway = startProgram(t, ['gateway', '--config', 'gateway.yaml', '-q', ...listen], { cwd, env });
  await until('the gateway is ready', async () => (await fetch(`${http}/readyz`)).ok);
  programs['worker --via'] = startProgram(
    t,
    ['worker', '--config', 'far/far.yaml', '--tier', 'local', '--echo', '--via', http, '-q'],
    { cwd },
  );
  await until('the worker over HTTP answers', async () => {
    await ask({ http }, 'far', Math.random, 1);
    return true;
  });
  // It reads everything and shows nothing, so that this process need not keep it.
  programs.tail = startProgram(t, ['tail', '--all', '--where', 'processing_time_ms<0'], { cwd, env });
  await programs.tail.seen(/following/);

  const seen: Record<string, Vitals[]> = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  const look = (): void => {
    for (const [name, { pid }] of Object.entries(programs)) {
      const vitals = vitalsOf(pid);
      if (vitals !== undefined) seen[name]?.push(vitals);
    }
  };
  await pause(500);
  look();
  const idle = Object.fromEntries(Object.entries(seen).map(([name, [first]]) => [name, first?.handles ?? 0]));
  const looking = setInterval(look, Math.max(250, Math.min(5_000, MS / 200)));
  const over = AbortSignal.timeout(MS);
  const { done, wrong } = await load({ http, nats }, SEED, over);
  clearInterval(looking);
  for (const [kind, times] of Object.entries(done)) if (times === 0) wrong.push(`${kind}: never happened`);

  // Whoever left is forgotten.
  const deadline = performance.now() + 20_000;
  const tooMany = (): string[] =>
    Object.entries(programs).flatMap(([name, { pid }]) => {
      const now = vitalsOf(pid)?.handles ?? 0;
      return now > (idle[name] ?? 0) + GROWTH.handles ? [`${name} has ${now} handles, ${idle[name]} before`] : [];
    });
  while (tooMany().length > 0 && performance.now() < deadline) await pause(100);
  wrong.push(...tooMany());
  const courses = Object.entries(seen).map(([name, all]) => {
    const [mib, handles] = [courseOf(all.map(({ rssMib }) => rssMib)), courseOf(all.map((each) => each.handles))];
    return [name, { mib, handles }] as const;
  });
  // In less than that, what is new to a program is all that is seen.
  for (const [name, { mib, handles }] of MINUTES >= 1 ? courses : []) {
    if (mib.late - mib.early > Math.max(GROWTH.mib, mib.early * GROWTH.share))
      wrong.push(`${name} grew from ${mib.early.toFixed(0)} to ${mib.late.toFixed(0)} MiB`);
    if (handles.late - handles.early > GROWTH.handles)
      wrong.push(`${name} had ${handles.early} handles, then ${handles.late}`);
  }
  const steady = { minutes: MINUTES, seed: SEED, done, wrong, programs: Object.fromEntries(courses) };
  t.diagnostic(JSON.stringify(steady));
  if (MINUTES >= 1) noteResults({ steady });
  assert.deepEqual(wrong, []);
  for (const [name, program] of Object.entries(programs)) {
    program.kill('SIGTERM');
    assert.equal(await program.ended, name === 'tail' ? 143 : 0, `${name}\n${program.stderr()}`);
    assert.doesNotMatch(program.stderr(), /Unhandled|MaxListeners|This is a bug|\(node:\d+\)/, name);
  }
});

async function until(what: string, met: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await met().catch(() => false))) {
    assert.ok(performance.now() < deadline, `it took too long until ${what}`);
    await pause(50);
  }
}
