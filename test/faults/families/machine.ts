import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Use } from '../commands.ts';
import { endedAfter, endedBy, ends, type Fault, goesOn, underWay } from '../fault.ts';

// What the machine does not give, or does on its own.

/** A clock that is set by so much, 700 ms after the start; for a program that cannot know. */
function jumping(byMs: number): Record<string, string> {
  const code = `const now=Date.now,D=Date,at=now();const shift=()=>now()-at>700?${byMs}:0;globalThis.Date=class extends D{constructor(...a){if(a.length===0)super(now()+shift());else super(...a)}static now(){return now()+shift()}}`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

const signalled = (use: Use, signal: NodeJS.Signals) => underWay(use, async () => {}, signal);

/** A disk of the fault's own, on which nothing can be written. */
function disk(options: string, undo: (end: () => unknown) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-disk-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount: ${stderr}`);
  undo(() => spawnSync('sh', ['-c', 'umount -l "$0" && rmdir "$0"', folder]));
  return folder;
}

/** Mounting takes root, and a kernel that lets it. */
const noMount = ((): string | false => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root can mount a disk';
  const folder = mkdtempSync(join(tmpdir(), 'heddle-disk-'));
  const { status } = spawnSync('sh', ['-c', 'mount -t tmpfs tmpfs "$0" && umount "$0"', folder], { stdio: 'ignore' });
  spawnSync('rmdir', [folder]);
  return status === 0 ? false : 'this machine lets nobody mount a disk';
})();

/** They print what they know. */
const NEEDS_NO_FOLDER = ['gateway example', 'gateway mqtt-topic', 'acl', 'completion', 'help'];

const writing = ({ writes }: Use): boolean => writes === true;

export const MACHINE_FAULTS: readonly Fault[] = [
  {
    name: 'SIGTERM under way',
    made: 'a SIGTERM when it is at work',
    applies: goesOn,
    run: (use, world) => ({ argv: use.argv(world), meanwhile: signalled(use, 'SIGTERM') }),
    expect: (use) => ({ exits: endedBy(use) }),
  },
  {
    name: 'Ctrl-C under way',
    made: 'a SIGINT when it is at work',
    applies: goesOn,
    run: (use, world) => ({ argv: use.argv(world), meanwhile: signalled(use, 'SIGINT') }),
    expect: (use) => ({ exits: endedBy(use, 'SIGINT') }),
  },
  {
    name: 'a full disk',
    made: 'the file or folder that it writes is on a disk of 4 KiB without room',
    quick: 'dead-letter export',
    skip: noMount,
    applies: writing,
    run: (use, world, undo) => {
      const folder = disk('size=4k', undo);
      try {
        writeFileSync(join(folder, 'room'), 'x'.repeat(4_096));
      } catch {
        // There is less than none.
      }
      return { argv: use.argv({ ...world, file: join(folder, 'written') }), meanwhile: endedAfter(use) };
    },
    // A directory takes the place of the bus for what it keeps: 3.
    expect: () => ({ exits: [1, 2, 3], says: /the disk is full|ENOSPC|no space/ }),
  },
  {
    name: 'a disk that is read-only',
    made: 'the file or folder that it writes is on a disk mounted with -o ro',
    quick: 'dead-letter watch',
    skip: noMount,
    applies: writing,
    run: (use, world, undo) => ({
      argv: use.argv({ ...world, file: join(disk('ro', undo), 'written') }),
      meanwhile: endedAfter(use),
    }),
    expect: () => ({ exits: [1, 2, 3], says: /EROFS|read-only/ }),
  },
  {
    name: 'no home directory',
    made: 'HOME and XDG_CONFIG_HOME unset',
    applies: () => true,
    run: (use, world) => ({
      argv: use.argv(world),
      env: { HOME: undefined, XDG_CONFIG_HOME: undefined },
      meanwhile: goesOn(use) ? signalled(use, 'SIGTERM') : undefined,
    }),
    expect: (use) => ({ exits: endedBy(use) }),
  },
  {
    name: 'no working directory',
    made: 'the working directory is removed before the start',
    applies: () => true,
    run: (use, world) => ({ argv: use.argv(world), cwdGone: true }),
    expect: ({ connects, name }) =>
      connects || !NEEDS_NO_FOLDER.includes(name)
        ? { exits: [2], says: /the working directory does not exist any more/ }
        : { exits: [0] },
  },
  {
    name: '20 file descriptors',
    made: 'ulimit -n 20; what goes on gets SIGTERM',
    quick: 'tail --record',
    applies: ({ terminal }) => terminal !== true,
    run: (use, world) => ({ argv: use.argv(world), files: 20, meanwhile: endedAfter(use) }),
    expect: (use) => ({ exits: [...endedBy(use), 70] }),
  },
  {
    name: '64 MB of heap',
    made: 'node --max-old-space-size=64',
    applies: () => true,
    run: (use, world) => ({
      argv: use.argv(world),
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
      meanwhile: goesOn(use) ? signalled(use, 'SIGTERM') : undefined,
    }),
    expect: (use) => ({ exits: endedBy(use) }),
  },
  ...(
    [
      ['a day ahead', 86_400_000],
      ['a day back', -86_400_000],
    ] as const
  ).map(
    ([way, byMs]): Fault => ({
      name: `the clock is set ${way}`,
      made: `Date is ${way} from 700 ms after the start; what goes on gets SIGTERM 1 s later`,
      applies: (use) => goesOn(use) || ['submit --wait', 'tail --for', 'reload'].includes(use.name),
      run: (use, world) => ({
        argv: use.argv(world),
        env: jumping(byMs),
        meanwhile: ends(use) ? undefined : underWay(use, () => pause(1_000)),
      }),
      expect: (use) => ({ exits: endedBy(use) }),
    }),
  ),
  {
    name: 'nonsense as settings',
    made: 'NATS_TIMEOUT=soon',
    applies: ({ connects }) => connects,
    run: (use, world) => ({
      argv: use.argv(world),
      env: { NATS_TIMEOUT: 'soon' },
      meanwhile: use.patient === true ? endedAfter(use) : undefined,
    }),
    expect: (use) => ({
      exits: use.patient === true ? endedBy(use) : [2],
      says: /NATS_TIMEOUT: \\?"soon\\?" is not a duration/,
    }),
  },
];
