import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inProject } from '../../test/helpers/root.ts';
import type { Peer, PeerName } from './found.ts';
import { median, type Program, start, untilQuiet } from './meter.ts';
import type { Row } from './row.ts';
import { of, own, some } from './starts.ts';
import type { TaskLoad } from './task-load.ts';

const ROUNDS = 3;
const LOST_MS = 90_000;

interface Rate {
  readonly perSecond: number;
  readonly rssMib: number;
}

/** A router and a worker under as many tasks as they take, ours and Heddle's own, on the same bus. */
export async function actors(
  peer: (name: PeerName) => Peer | undefined,
  { url, folder }: { url: string; folder: string },
): Promise<Row[]> {
  writeFileSync(join(folder, 'router_rules.yaml'), 'tier_overrides: {}\nrate_limits: {}\n');
  writeFileSync(
    join(folder, 'echo.yaml'),
    'name: echo\nworker_kind: processor\nprocessing_backend: backends.Echo\ndefault_model_tier: local\ninput_schema: {type: object}\noutput_schema: {type: object}\n',
  );
  const heddle = peer('heddle');
  const env = { PYTHONPATH: inProject('test', 'interop', 'python'), PYTHONDONTWRITEBYTECODE: '1' };
  const reach = ['--nats-url', url];
  const load = fork(fileURLToPath(new URL('task-load.js', import.meta.url)), [url]);
  await once(load, 'message');
  const rows: Row[] = [];
  for (const { what, task, ours, theirs } of [
    {
      what: 'router',
      task: { to: 'heddle.tasks.incoming', from: 'heddle.tasks.echo.local', messages: 20_000 },
      ours: own('router', '--config', 'router_rules.yaml', '-q', ...reach),
      theirs: some(heddle, (it) =>
        of(it, 'heddle', 'router', '--config', 'router_rules.yaml', '--skip-preflight', ...reach),
      ),
    },
    {
      what: 'worker that echoes, one task at a time',
      task: { to: 'heddle.tasks.echo.local', from: 'heddle.results.goal', messages: 5_000 },
      ours: own('worker', '--config', 'echo.yaml', '--echo', '--tier', 'local', '-q', ...reach),
      theirs: some(heddle, (it) =>
        of(it, 'heddle', 'processor', '--config', 'echo.yaml', '--tier', 'local', '--skip-preflight', ...reach),
      ),
    },
  ]) {
    const programs = [['ours', ours] as const, ...theirs];
    const rates = programs.map((): Rate[] => []);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [at, [, program]] of programs.entries()) {
        rates[at]?.push(await rateOf({ ...program, env }, folder, load, task));
      }
    }
    for (const [unit, better, pick] of [
      ['tasks/s', 'more', ({ perSecond }: Rate) => perSecond],
      ['MiB afterwards', 'less', ({ rssMib }: Rate) => rssMib],
    ] as const) {
      const value = (at: number): number => median((rates[at] ?? []).map(pick));
      rows.push({
        group: 'Actors',
        what,
        unit,
        better,
        ours: { command: ours.shown, value: value(0) },
        theirs: theirs.map(([who, { shown }], at) => ({ who, command: shown, value: value(at + 1) })),
      });
    }
  }
  load.kill();
  return rows;
}

async function rateOf(program: Program, cwd: string, load: ReturnType<typeof fork>, task: TaskLoad): Promise<Rate> {
  const actor = start(program, { cwd });
  const ask = async (messages: number): Promise<number | undefined> => {
    load.send({ ...task, messages });
    return await Promise.race([
      once(load, 'message').then(([ms]) => ms as number),
      pause(LOST_MS, undefined, { ref: false }),
    ]);
  };
  await untilQuiet(actor, 800);
  await ask(100);
  const ms = await ask(task.messages);
  const rssMib = actor.rssMib();
  actor.child.kill('SIGTERM');
  const late = setTimeout(() => actor.child.kill('SIGKILL'), 5_000);
  await actor.ended;
  clearTimeout(late);
  if (ms === undefined)
    throw new Error(`${program.shown}: not all of ${task.messages} tasks came out in ${LOST_MS} ms`);
  return { perSecond: (task.messages / ms) * 1_000, rssMib };
}
