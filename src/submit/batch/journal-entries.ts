import { isJsonObject } from '../../contract/json.ts';
import { HeddleError } from '../../errors.ts';
import type { Line } from './lines.ts';

/**
 * What became of a line. `sending` stands there before it leaves: where nothing follows, the run died, and nobody knows
 * whether it was sent. The others are certain: done, or (from `unsent` on) not done and worth doing in a rerun.
 */
export const STATES = ['sent', 'completed', 'failed', 'sending', 'unsent', 'unheard', 'refused', 'unanswered'] as const;
export type JournalState = (typeof STATES)[number];

/** The second version has `sending`, and what is not done; the first one had the other three. */
const VERSION = 2;
export const JOURNAL_HEADER = `{"heddle_ts_journal":${VERSION}}\n`;

/** One line of a batch in the journal: its number and the hash of its text. */
export interface Entry {
  readonly line: number;
  readonly key: number;
  readonly state: JournalState;
  readonly taskId: string;
}

export function entryText({ line, key, state, taskId }: Entry): string {
  return `{"line":${line},"hash":"${key.toString(16)}","state":"${state}","task_id":${JSON.stringify(taskId)}}\n`;
}

/**
 * Reads a whole journal; `path` is for messages. Throws `usage` for what is none. `torn`: the last line was cut short by the
 * death of the run that wrote it. `older`: its readers must not misread what is written behind it now.
 */
export async function readJournal(
  blocks: AsyncIterable<readonly Line[]>,
  path: string,
  endsWithNewline: boolean,
  each: (entry: Entry) => void,
): Promise<{ readonly torn: boolean; readonly older: boolean }> {
  let version: number | undefined;
  let torn: number | undefined;
  for await (const lines of blocks) {
    for (const { number, text } of lines) {
      // Only the very last line may be cut short.
      if (torn !== undefined) throw notOurs(path, torn);
      const value = parsed(text);
      const header = isJsonObject(value) ? value.heddle_ts_journal : undefined;
      if (typeof header === 'number' && header > VERSION) throw newer(path, header);
      if (header === 1 || header === VERSION) version = header;
      else if (version === undefined) throw notOurs(path, 1);
      else {
        const entry = entryOf(value);
        if (entry === undefined) torn = number;
        else each(entry);
      }
    }
  }
  if (version === undefined || (torn !== undefined && endsWithNewline)) throw notOurs(path, torn ?? 1);
  return { torn: torn !== undefined, older: version < VERSION };
}

/** 9 bytes of memory each: a journal that claims more is damaged, and must not take the memory. */
const MOST_LINES = 200_000_000;

function entryOf(value: unknown): Entry | undefined {
  if (!isJsonObject(value)) return undefined;
  const { line, hash, state, task_id: taskId } = value;
  if (typeof line !== 'number' || !Number.isSafeInteger(line) || line < 1 || line > MOST_LINES) return undefined;
  const known = STATES.find((each) => each === state);
  if (typeof hash !== 'string' || known === undefined) return undefined;
  return { line, key: Number.parseInt(hash, 16), state: known, taskId: typeof taskId === 'string' ? taskId : '' };
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function notOurs(path: string, line: number): HeddleError {
  return new HeddleError('usage', `${path} is no journal of heddle-ts (line ${line})`, {
    remedy: { do: 'name-new-journal' },
  });
}

function newer(path: string, version: number): HeddleError {
  return new HeddleError('usage', `${path} was written by a later heddle-ts: it is a journal of version ${version}`, {
    hint: 'Go on with that version, or name a new file.',
  });
}
