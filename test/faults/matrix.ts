import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type NatsServer, startNatsServer } from '../helpers/nats-server.ts';
import type { Run } from './cell.ts';

/** What the cells stand on: a server of their own, a folder with configs, an actor that answers. */
export interface World {
  readonly server: NatsServer;
  readonly folder: string;
  readonly url: readonly string[];
}

/** A command as a script or a person uses it, and how it behaves by nature. */
export interface Command {
  readonly name: string;
  /** Ends by itself; `watches` ends by a signal with 130 or 143; `serves` ends by a signal with 0. */
  readonly nature: 'ends' | 'watches' | 'serves';
  readonly connects: boolean;
  argv(world: World): readonly string[];
  /** What shows that it is at work. */
  readonly atWork?: RegExp | undefined;
}

const BATCH = ['submit', 'echo', '--tier', 'local', '--count', '100000', '--rate', '2000/s', '--allow-unheard'];

export const COMMANDS: readonly Command[] = [
  { name: 'validate', nature: 'ends', connects: false, argv: ({ folder }) => ['validate', join(folder, 'configs')] },
  { name: 'preflight', nature: 'ends', connects: true, argv: ({ url }) => ['preflight', ...url] },
  {
    name: 'preflight --watch',
    nature: 'watches',
    connects: true,
    atWork: /./,
    argv: ({ url }) => ['preflight', '--watch', '200ms', ...url],
  },
  {
    name: 'preflight --serve',
    nature: 'watches',
    connects: true,
    atWork: /serving/,
    argv: ({ url }) => ['preflight', '--serve', '127.0.0.1:0', '--interval', '200ms', ...url],
  },
  { name: 'status', nature: 'ends', connects: true, argv: ({ url }) => ['status', ...url] },
  {
    name: 'status --watch',
    nature: 'watches',
    connects: true,
    atWork: /\d connections?,/,
    argv: ({ url }) => ['status', '--watch', '200ms', ...url],
  },
  {
    name: 'submit',
    nature: 'ends',
    connects: true,
    argv: ({ url }) => ['submit', 'echo', '--set', 'text=x', '--allow-unheard', ...url],
  },
  {
    name: 'submit --wait',
    nature: 'ends',
    connects: true,
    argv: ({ url }) => ['submit', 'echo', '--set', 'text=x', '--wait', '3s', ...url],
  },
  {
    name: 'submit, a batch',
    nature: 'watches',
    connects: true,
    argv: ({ url }) => [...BATCH, '--reconnect-timeout', '1s', ...url],
  },
  {
    name: 'tail',
    nature: 'watches',
    connects: true,
    atWork: /following/,
    argv: ({ url }) => ['tail', '--all', ...url],
  },
  {
    name: 'tail --for',
    nature: 'ends',
    connects: true,
    atWork: /following/,
    argv: ({ url }) => ['tail', '--all', '--for', '3s', ...url],
  },
  {
    name: 'worker',
    nature: 'serves',
    connects: true,
    atWork: /worker \S+ on|worker_started/,
    argv: ({ url, folder }) => [
      'worker',
      '--config',
      join(folder, 'configs', 'workers', 'echo.yaml'),
      '--echo',
      '--grace',
      '1s',
      ...url,
    ],
  },
  {
    name: 'router',
    nature: 'serves',
    connects: true,
    atWork: /router on|router_started/,
    argv: ({ url }) => ['router', '--grace', '1s', ...url],
  },
  {
    name: 'dev',
    nature: 'serves',
    connects: false,
    atWork: /ready nats/,
    argv: () => ['dev', '--bus', 'builtin', '--grace', '1s'],
  },
  { name: 'reload', nature: 'ends', connects: true, argv: ({ url }) => ['reload', ...url] },
];

/** How a command may end under a fault: exit codes, and within which time after the fault (or its start). */
export interface Expected {
  readonly exits: readonly (number | string)[];
  readonly withinMs: number;
  /** What must stand somewhere in its words. */
  readonly says?: RegExp | undefined;
}

export interface Fault {
  readonly name: string;
  /** How it is made, for the page. */
  readonly made: string;
  applies(command: Command): boolean;
  run(command: Command, world: World): Run;
  expect(command: Command): Expected;
}

/** Ends a command that does not end by itself, as whoever runs it would. */
function endedBy(command: Command, signal: NodeJS.Signals = 'SIGTERM'): (number | string)[] {
  return command.nature === 'serves' ? [0] : [signal === 'SIGINT' ? 130 : 143];
}

const TIMEOUT = ['--timeout', '1s'];
const connecting = ({ connects }: Command): boolean => connects;
const goesOn = ({ nature }: Command): boolean => nature !== 'ends';
/** A machine that is busy; the commands' own deadlines are shorter. */
const SOON_MS = 6_000;

/** What ends with the work done, or with the answer that nobody is there. */
const OWN: Readonly<Record<string, readonly number[]>> = {
  validate: [0],
  preflight: [0],
  status: [0],
  submit: [0],
  'submit --wait': [4],
  'tail --for': [0],
  reload: [4],
};

export const FAULTS: readonly Fault[] = [
  {
    name: 'nobody at the address',
    made: 'a port on which nothing listens',
    applies: connecting,
    run: (command, world) => ({
      argv: command.argv({ ...world, url: ['--nats-url', 'nats://127.0.0.1:1'] }),
      meanwhile: command.name.startsWith('preflight --') || command.name === 'status --watch' ? afterAWhile : undefined,
    }),
    expect: (command) =>
      command.name.startsWith('preflight --')
        ? { exits: [143], withinMs: SOON_MS }
        : { exits: [3], withinMs: SOON_MS, says: /nothing listens|cannot connect|connection refused/ },
  },
  {
    name: 'a server that never speaks',
    made: 'a nats-server stopped with SIGSTOP before the start; --timeout 1s',
    applies: (command) => command.connects && !command.name.startsWith('preflight --'),
    run: (command, world) => {
      world.server.freeze();
      return { argv: [...command.argv(world), ...TIMEOUT] };
    },
    expect: () => ({ exits: [3], withinMs: SOON_MS, says: /said nothing for 1 s/ }),
  },
  {
    name: 'SIGTERM under way',
    made: 'a SIGTERM when it is at work',
    applies: goesOn,
    run: (command, world) => ({ argv: command.argv(world), meanwhile: signalled(command, 'SIGTERM') }),
    expect: (command) => ({ exits: endedBy(command), withinMs: SOON_MS }),
  },
  {
    name: 'Ctrl-C under way',
    made: 'a SIGINT when it is at work',
    applies: goesOn,
    run: (command, world) => ({ argv: command.argv(world), meanwhile: signalled(command, 'SIGINT') }),
    expect: (command) => ({ exits: endedBy(command, 'SIGINT'), withinMs: SOON_MS }),
  },
  {
    name: 'server frozen for 2 s',
    made: 'SIGSTOP, 2 s, SIGCONT to the nats-server when it is at work; then SIGTERM',
    applies: (command) => command.connects && goesOn(command),
    run: (command, world) => ({
      argv: command.argv(world),
      meanwhile: async (program) => {
        await atWork(command, program);
        world.server.freeze();
        await pause(2_000);
        world.server.thaw();
        await pause(300);
        program.kill('SIGTERM');
      },
    }),
    expect: (command) => ({ exits: endedBy(command), withinMs: SOON_MS }),
  },
  {
    name: 'server killed and back',
    made: 'SIGKILL to the nats-server when it is at work, back on its port; then SIGTERM',
    applies: (command) => command.connects && goesOn(command),
    run: (command, world) => ({
      argv: command.argv(world),
      meanwhile: async (program) => {
        await atWork(command, program);
        await world.server.restart();
        await pause(1_000);
        program.kill('SIGTERM');
      },
    }),
    expect: (command) => ({
      exits: command.name === 'submit, a batch' ? [3, ...endedBy(command)] : endedBy(command),
      withinMs: SOON_MS,
    }),
  },
  {
    name: 'server killed for good',
    made: 'SIGKILL to the nats-server when it is at work; after 2 s SIGTERM',
    applies: (command) => command.connects && goesOn(command),
    run: (command, world) => ({
      argv: command.argv(world),
      meanwhile: async (program) => {
        await atWork(command, program);
        await world.server.kill();
        await pause(2_000);
        program.kill('SIGTERM');
      },
    }),
    expect: (command) => ({ exits: command.name === 'submit, a batch' ? [3] : endedBy(command), withinMs: SOON_MS }),
  },
  {
    name: 'killed under --for',
    made: 'SIGKILL to the nats-server under `tail --for 3s`',
    applies: ({ name }) => name === 'tail --for',
    run: (command, world) => ({
      argv: command.argv(world),
      meanwhile: async (program) => {
        await atWork(command, program);
        await world.server.kill();
      },
    }),
    expect: () => ({ exits: [0], withinMs: SOON_MS, says: /gaps\s+1/ }),
  },
  {
    name: 'a reader that leaves',
    made: 'stdout closed after its first bytes (| head); what says nothing more is ended with SIGTERM',
    applies: ({ name }) => name !== 'reload',
    run: (command, world) => ({
      argv: command.argv(world),
      stdout: 'closed',
      meanwhile: command.name === 'tail' ? traffic(world) : goesOn(command) ? afterAWhile : undefined,
    }),
    expect: (command) => ({
      exits: command.nature === 'ends' ? [...(OWN[command.name] ?? []), 0] : [0, 143],
      withinMs: SOON_MS,
    }),
  },
  {
    name: 'a full disk as stdout',
    made: '> /dev/full',
    applies: ({ name }) => ['validate', 'preflight', 'status', 'submit'].includes(name),
    run: (command, world) => ({ argv: command.argv(world), stdout: 'full' }),
    expect: () => ({ exits: [1], withinMs: SOON_MS, says: /ENOSPC|no space/ }),
  },
  {
    name: 'a reader that never reads',
    made: 'stdout a full pipe; SIGTERM when it is at work',
    applies: goesOn,
    run: (command, world) => ({
      argv: command.argv(world),
      stdout: 'unread',
      meanwhile: async (program) => {
        await pause(1_500);
        program.kill('SIGTERM');
      },
    }),
    expect: (command) => ({ exits: endedBy(command), withinMs: SOON_MS }),
  },
  {
    name: 'no home directory',
    made: 'HOME and XDG_CONFIG_HOME unset',
    applies: ({ nature }) => nature === 'ends',
    run: (command, world) => ({ argv: command.argv(world), env: { HOME: undefined, XDG_CONFIG_HOME: undefined } }),
    expect: (command) => ({ exits: OWN[command.name] ?? [0], withinMs: SOON_MS }),
  },
  {
    name: 'no working directory',
    made: 'the working directory is removed before the start',
    applies: ({ nature }) => nature === 'ends',
    run: (command, world) => ({ argv: command.argv(world), cwdGone: true }),
    expect: () => ({ exits: [2], withinMs: SOON_MS, says: /the working directory does not exist any more/ }),
  },
  {
    name: '20 file descriptors',
    made: 'ulimit -n 20',
    applies: ({ nature }) => nature === 'ends',
    run: (command, world) => ({ argv: command.argv(world), files: 20 }),
    expect: (command) => ({ exits: [...(OWN[command.name] ?? [0]), 70], withinMs: SOON_MS }),
  },
  {
    name: '64 MB of heap',
    made: 'node --max-old-space-size=64',
    applies: ({ nature }) => nature === 'ends',
    run: (command, world) => ({ argv: command.argv(world), env: { NODE_OPTIONS: '--max-old-space-size=64' } }),
    expect: (command) => ({ exits: OWN[command.name] ?? [0], withinMs: SOON_MS }),
  },
  {
    name: 'nonsense as settings',
    made: 'NATS_TIMEOUT=soon',
    applies: connecting,
    run: (command, world) => ({
      argv: command.argv(world),
      env: { NATS_TIMEOUT: 'soon' },
      meanwhile: command.name.startsWith('preflight --') ? afterAWhile : undefined,
    }),
    expect: (command) => ({
      exits: command.name.startsWith('preflight --') ? [143] : [2],
      withinMs: SOON_MS,
      says: /NATS_TIMEOUT: "soon" is not a duration/,
    }),
  },
];

type Handle = Parameters<NonNullable<Run['meanwhile']>>[0];

async function atWork(command: Command, program: Handle): Promise<void> {
  if (command.atWork === undefined) await pause(700);
  else await program.seen(command.atWork);
  await pause(200);
}

function signalled(command: Command, signal: NodeJS.Signals): (program: Handle) => Promise<void> {
  return async (program) => {
    await atWork(command, program);
    program.kill(signal);
  };
}

async function afterAWhile(program: Handle): Promise<void> {
  await pause(1_500);
  program.kill('SIGTERM');
}

/** Gives a tail something to say, so that it notices that nobody reads. */
function traffic({ url }: World): (program: Handle) => Promise<void> {
  return async (program) => {
    await program.seen(/following/);
    const { connect } = await import('../../src/transport/nats.ts');
    const bus = await connect({ servers: [url[1] as string] });
    for (let times = 0; times < 20; times += 1) {
      bus.publish('heddle.results.x', '{"task_id":"x","worker_type":"w","status":"completed"}');
      await pause(20);
    }
    await bus.close();
  };
}

export async function makeWorld(): Promise<World & { remove(): Promise<void> }> {
  const server = await startNatsServer({ args: ['-js', '-sd', mkdtempSync(join(tmpdir(), 'heddle-js-'))] });
  const folder = mkdtempSync(join(tmpdir(), 'heddle-faults-'));
  mkdirSync(join(folder, 'configs', 'workers'), { recursive: true });
  writeFileSync(
    join(folder, 'configs', 'workers', 'echo.yaml'),
    'name: echo\nworker_kind: processor\nprocessing_backend: a.b\ninput_schema: {type: object}\noutput_schema: {type: object}\n',
  );
  return {
    server,
    folder,
    url: ['--nats-url', server.url],
    remove: async () => {
      server.thaw();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
