import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { noLeaks } from '../helpers/leaks.ts';
import { freePort } from '../helpers/ports.ts';
import { type RunningProgram, startProgram } from '../helpers/program.ts';
import { askable, inUseOf, NODE_ARGS } from './in-use.ts';
import { ask, GATEWAY_CONFIG, load, SECRET } from './load.ts';
import { noteResults } from './results.ts';
import { courseOf, type Growth, type Vitals, vitalsOf } from './vitals.ts';

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
/**
 * The same of what is in use after a collection, from the middle to the end, where the middle is beyond the minute for which the gateway
 * keeps what it is asked. How its workers' leases ended it knows for ten minutes: half a kilobyte each.
 */
const IN_USE = { mib: 6, share: 0.1, minutes: 3 };
const LOOKS = 5;
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
  const asked = askable(cwd);
  const start = (args: readonly string[], env: Record<string, string> = {}): RunningProgram =>
    startProgram(t, args, { cwd, env: { ...asked, ...env }, nodeArgs: NODE_ARGS });
  programs.dev = start(['dev', '--bus', 'builtin', '--ready-file', 'ready.json', '-q']);
  let nats = '';
  await until('dev is ready', async () => {
    nats = (JSON.parse(readFileSync(join(cwd, 'ready.json'), 'utf8')) as { url: string }).url;
    return true;
  });
  const env = { NATS_URL: nats, SECRET };
  const http = `http://127.0.0.1:${await freePort()}`;
  const listen = ['--listen', http.slice('http://'.length)];
  programs.gateway = start(['gateway', '--config', 'gateway.yaml', '-q', ...listen], env);
  await until('the gateway is ready', async () => (await fetch(`${http}/readyz`)).ok);
  const far = ['--config', 'far/far.yaml', '--tier', 'local', '--echo', '--via', http];
  programs['worker --via'] = start(['worker', ...far, '-q']);
  await until('the worker over HTTP answers', async () => {
    await ask({ http }, 'far', Math.random, 1);
    return true;
  });
  // It reads everything and shows nothing, so that this process need not keep it.
  programs.tail = start(['tail', '--all', '--where', 'processing_time_ms<0'], env);
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
  const inUse = { early: {}, late: {} } as Record<keyof Growth, Record<string, number | undefined>>;
  // The least of some looks: at some moments the bodies of what is just being asked are among it.
  const lookInside = async (when: keyof Growth): Promise<void> => {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      if (looks > 0) await pause(MS / 300);
      for (const [name, { pid }] of Object.entries(programs)) {
        const [before, now] = [inUse[when][name], await inUseOf(cwd, pid)];
        inUse[when][name] = before === undefined || now === undefined ? now : Math.min(before, now);
      }
    }
  };
  // Where the medians of a quarter feel least of it; and the second time the load is still on.
  const lookingInside = pause(MS / 2)
    .then(() => lookInside('early'))
    .then(() => pause(MS * 0.45))
    .then(() => lookInside('late'));
  const [{ done, wrong }] = await Promise.all([load({ http, nats }, SEED, over), lookingInside]);
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
    const [early, late] = [inUse.early[name], inUse.late[name]];
    return [
      name,
      { mib, handles, inUse: early === undefined || late === undefined ? undefined : { early, late } },
    ] as const;
  });
  // In less than that, what is new to a program is all that is seen.
  for (const [name, { mib, handles, inUse }] of MINUTES >= 1 ? courses : []) {
    if (grew(mib, GROWTH)) wrong.push(`${name} grew from ${mib.early.toFixed(0)} to ${mib.late.toFixed(0)} MiB`);
    if (inUse !== undefined && MINUTES >= IN_USE.minutes && grew(inUse, IN_USE))
      wrong.push(`${name} had ${inUse.early.toFixed(1)} MiB in use, then ${inUse.late.toFixed(1)}`);
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

function grew({ early, late }: Growth, { mib, share }: { readonly mib: number; readonly share: number }): boolean {
  return late - early > Math.max(mib, early * share);
}

async function until(what: string, met: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await met().catch(() => false))) {
    assert.ok(performance.now() < deadline, `it took too long until ${what}`);
    await pause(50);
  }
}
