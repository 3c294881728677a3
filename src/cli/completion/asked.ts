import { splitCommand } from '../../child/split-command.ts';
import { deadline, unlessAborted } from '../../time/wait.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { readFlags } from '../flags/group.ts';
import { word } from '../flags/word.ts';
import type { Io } from '../io.ts';
import type { Session } from '../session.ts';
import { toConnectOptions } from '../settings/connect-options.ts';
import { CONNECTION } from '../settings/flags.ts';
import { loadSettings } from '../settings/load.ts';
import type { ResolvedSettings } from '../settings/resolve.ts';
import { answersOf, keepAnswer, keptAnswer } from './kept-answers.ts';
import { typedConnection } from './typed.ts';

/** What a shell may ask for: names that only the bus, or the folder of NATS contexts, can tell. */
export const ASKED = ['workers', 'tiers', 'targets', 'contexts', 'groups', 'letters'] as const;
export type Asked = (typeof ASKED)[number];

/** Somebody waits for it with a finger on the key. */
const PATIENCE_MS = 300;

/**
 * One name a line for the completion scripts. Whatever goes wrong, nothing is said: a message in the middle of a line that is being
 * typed helps nobody, and the command itself will say it.
 */
export const completionValues = command({
  formats: { human: true },
  connects: false,
  examples: [
    ['heddle-ts completion values workers', 'the workers on the bus that the settings name'],
    ["heddle-ts completion values tiers 'heddle-ts tail --nats-context prod --tier '", 'as a line names it'],
  ],
  operand: ['[words...]', 'what is asked for, and the line that is being typed'],
  groups: [],
  run: async (session, [kind = '', line = '']) => {
    const asked = word(ASKED)(kind, 'completion values');
    try {
      const names = await namesFor(asked, line, session);
      session.io.stdout.write(
        names
          .filter(isPlain)
          .map((name) => `${name}\n`)
          .join(''),
      );
    } catch {
      // The line may be half of what it will be, the bus away, the settings not to be put together: then nothing is known.
    }
    return EXIT.ok;
  },
});

async function namesFor(asked: Asked, line: string, { io, stop }: Session): Promise<readonly string[]> {
  const words = line.trim() === '' ? [] : splitCommand(line);
  // Where letters are kept in a folder, opening it is the work of a command.
  if ((asked === 'groups' || asked === 'letters') && words.some((each) => each.startsWith('--store'))) return [];
  const settings = await loadSettings(readFlags([CONNECTION], typedConnection(words)), io);
  if (asked === 'contexts') return (await import('./seen.ts')).contextsSeen(settings, io);
  const place = answersOf(asked, settings, io);
  const kept = keptAnswer(place, io);
  if (kept !== undefined) return kept;
  const limit = deadline(io.clock, PATIENCE_MS, stop);
  try {
    const names = await unlessAborted(ask(asked, settings, io, limit.signal), limit.signal).catch(() => []);
    keepAnswer(place, names, io);
    return names;
  } finally {
    limit.clear();
  }
}

async function ask(
  asked: Exclude<Asked, 'contexts'>,
  settings: ResolvedSettings,
  { clock }: Io,
  signal: AbortSignal,
): Promise<string[]> {
  const [{ connect }, { lettersSeen, workersSeen }] = await Promise.all([
    import('../../transport/nats.ts'),
    import('./seen.ts'),
  ]);
  const how = { name: 'heddle-ts completion', signal, clock, timeoutMs: PATIENCE_MS, reconnect: false };
  const bus = await connect({ ...toConnectOptions(settings), ...how });
  const leave = (): void => void bus.close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return asked === 'groups' || asked === 'letters'
      ? await lettersSeen(asked, bus, signal, clock)
      : await workersSeen(asked, bus, signal, clock);
  } finally {
    signal.removeEventListener('abort', leave);
    await bus.close();
  }
}

/** Names come from the bus, and a shell puts them on a line that will be run. */
function isPlain(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,199}$/u.test(name);
}
