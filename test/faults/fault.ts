import { setTimeout as pause } from 'node:timers/promises';
import type { Run } from './cell.ts';
import type { Use } from './commands.ts';
import type { World } from './world.ts';

/** How a command may end under a fault: exit codes, and within which time after the fault (or its start). */
export interface Expected {
  readonly exits: readonly (number | string)[];
  /** Default WITHIN_MS. */
  readonly withinMs?: number;
  /** What must stand somewhere in its words. */
  readonly says?: RegExp | undefined;
  /** It is borne, and not as it should be: the page says so. */
  readonly short?: string | undefined;
}

export interface Fault {
  readonly name: string;
  /** How it is made, for the page. */
  readonly made: string;
  /** More of the server's configuration. */
  readonly config?: string;
  /** What the machine lacks for it; false where it lacks nothing. */
  readonly skip?: string | false;
  applies(use: Use): boolean;
  /** Whom `npm test` puts under it; else chance says. */
  readonly quick?: string;
  /** What it begins is ended by `undo`, after the cell. */
  run(use: Use, world: World, undo: (end: () => unknown) => void): Run | Promise<Run>;
  expect(use: Use): Expected;
}

/** A machine that is busy; the commands' own deadlines are shorter. */
export const WITHIN_MS = 8_000;

export type Handle = Parameters<NonNullable<Run['meanwhile']>>[0];

export const connecting = ({ connects }: Use): boolean => connects;
export const goesOn = ({ nature }: Use): boolean => nature !== 'ends';
export const ends = ({ nature }: Use): boolean => nature === 'ends';

/** How whoever runs it ends a command that does not end by itself. */
export function endedBy(use: Use, signal: NodeJS.Signals = 'SIGTERM'): (number | string)[] {
  if (use.nature === 'ends') return [...use.own];
  const code = use.nature === 'serves' ? 0 : signal === 'SIGINT' ? 130 : 143;
  // Where nothing shows that it is at work, a busy machine may not have come so far.
  return use.atWork === undefined ? [code, signal] : [code];
}

export async function untilAtWork(use: Use, program: Handle): Promise<void> {
  if (use.atWork === undefined) await pause(700);
  else await program.seen(use.atWork);
  await pause(200);
}

/** At work, then what is done to it, then the end by a signal. */
export function underWay(use: Use, act: () => Promise<unknown>, signal: NodeJS.Signals = 'SIGTERM') {
  return async (program: Handle): Promise<void> => {
    await untilAtWork(use, program);
    await act();
    program.kill(signal);
  };
}

/** What does not end by itself is ended a while after it began to work, or after a longer one when nobody sees that it does. */
export function endedAfter(use: Use, ms = 1_000): Run['meanwhile'] {
  if (use.nature === 'ends') return undefined;
  return async (program) => {
    await Promise.race([untilAtWork(use, program), pause(4_000)]);
    await pause(ms);
    program.kill('SIGTERM');
  };
}
