import { createReadStream } from 'node:fs';
import { HeddleError, isHeddleError } from '../../errors.ts';
import { type AppendFile, openToAppend } from '../../store/append-file.ts';
import { type Clock, systemClock } from '../../time/clock.ts';
import { entryText, JOURNAL_HEADER, type JournalState, readJournal } from './journal-entries.ts';
import { JournalFile } from './journal-file.ts';
import { keyOf, LineStates } from './line-states.ts';
import { readLines } from './lines.ts';
import { LineRanges } from './tally.ts';

export type { JournalState } from './journal-entries.ts';

/** What a rerun leaves out: what was answered, or (without waiting) what was sent. */
export type SkipRule = 'sent' | 'answered' | 'completed';

const DONE: Readonly<Record<SkipRule, readonly JournalState[]>> = {
  sent: ['sent', 'completed', 'failed'],
  answered: ['completed', 'failed'],
  completed: ['completed'],
};

/** A line that is about to leave. */
export interface Intended {
  readonly line: number;
  /** The text of the line. */
  readonly source: string;
  readonly id: string;
}

/**
 * A file beside a batch that says what became of its lines. What is about to leave stands there first, on the disk, so
 * that a run that was killed leaves behind of which lines it is not known whether they left, and under which ids. A line
 * is known by its number and the hash of its text: 9 bytes of memory each, and a journal of other input is noticed.
 */
export class Journal {
  readonly #path: string;
  readonly #file: JournalFile;
  readonly #lines: LineStates;
  readonly #done: readonly JournalState[];
  readonly #unwritten = new LineRanges();
  #unwrittenCount = 0;

  private constructor(path: string, file: JournalFile, lines: LineStates, rule: SkipRule) {
    this.#path = path;
    this.#file = file;
    this.#lines = lines;
    this.#done = DONE[rule];
  }

  static async open(path: string, rule: SkipRule, clock: Clock = systemClock): Promise<Journal> {
    const opened = await openToAppend(path, clock, { devices: true }).catch((cause: Error) => {
      throw cannotOpen(path, cause);
    });
    try {
      const lines = new LineStates();
      const { size, head } = await readOf(opened, path, lines);
      const file = new JournalFile(path, opened, size, clock);
      if (head !== '') file.later(head, () => {});
      return new Journal(path, file, lines, rule);
    } catch (thrown) {
      await opened.handle.close();
      await opened.release();
      throw thrown;
    }
  }

  /** Was this line done by an earlier run? Throws when the journal was written for another input. */
  isDone(line: number, text: string): boolean {
    const state = this.#lines.stateOf(line);
    if (state === undefined) return false;
    if (this.#lines.keyOf(line) !== keyOf(text)) {
      throw new HeddleError('usage', `the journal ${this.#path} belongs to another input: line ${line} differs`, {
        hint: 'Name another journal file, or restore the input; lines may be appended, not changed.',
      });
    }
    return this.#done.includes(state);
  }

  /** The id under which an earlier run may have sent this line, and died before it knew. */
  doubtOf(line: number): string | undefined {
    return this.#lines.doubtOf(line);
  }

  /** Resolves when it is on the disk that these are about to leave; rejects when that cannot be. */
  intend(items: readonly Intended[]): Promise<void> {
    let text = '';
    for (const { line, source, id } of items) text += this.#entry(line, source, 'sending', id);
    return this.#file.now(text);
  }

  /** Written a moment later, or together with what is intended next. */
  record(line: number, text: string, state: JournalState, taskId: string): void {
    this.#file.later(this.#entry(line, text, state, taskId), () => {
      if (state === 'unsent') return;
      this.#unwrittenCount += 1;
      this.#unwritten.add(line);
    });
  }

  /** Why nothing can be written any more. */
  get failure(): HeddleError | undefined {
    return this.#file.failure;
  }

  /** What became of these is known, and does not stand in the journal: a rerun will be in doubt about them. */
  get unwritten(): { readonly count: number; readonly lines: LineRanges } {
    return { count: this.#unwrittenCount, lines: this.#unwritten };
  }

  /** Resolves when everything is written, or `failure` says why not. */
  flushed(): Promise<void> {
    return this.#file.flushed();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #entry(line: number, text: string, state: JournalState, taskId: string): string {
    // Whoever speaks of a line again speaks of the same text.
    const key = this.#lines.stateOf(line) === undefined ? keyOf(text) : this.#lines.keyOf(line);
    this.#lines.keep(line, key, state);
    return entryText({ line, key, state, taskId });
  }
}

function cannotOpen(path: string, cause: Error): HeddleError {
  // Two batches with one journal: each would do what the other has done.
  if (isHeddleError(cause) && cause.code === 'store_busy')
    return new HeddleError('store_busy', `the journal ${path}: ${cause.message}`, { cause });
  return new HeddleError('usage', `cannot open the journal ${path}: ${cause.message}`, { cause });
}

const NEWLINE = 0x0a;
/** An id has 1,024 characters at most. */
const LONGEST_ENTRY = 16 * 1024;

/** What stands in the file; how much of it stays, and what must be written behind it first. */
async function readOf(
  { handle, size }: AppendFile,
  path: string,
  lines: LineStates,
): Promise<{ size: number; head: string }> {
  const tail = Buffer.alloc(Math.min(size, LONGEST_ENTRY));
  await handle.read(tail, 0, tail.length, size - tail.length);
  const ended = size - tail.length + tail.lastIndexOf(NEWLINE) + 1;
  // The first run was killed when it had hardly begun.
  const begun = JOURNAL_HEADER.startsWith(tail.toString());
  if (begun && size < JOURNAL_HEADER.length) {
    if (size > 0) await handle.truncate(0);
    return { size: 0, head: JOURNAL_HEADER };
  }
  const { torn, older } = await readJournal(readLines(createReadStream(path)), path, ended === size, (entry) =>
    lines.read(entry),
  );
  if (torn) await handle.truncate(ended);
  const newline = !torn && ended < size ? '\n' : '';
  return { size: torn ? ended : size, head: newline + (older ? JOURNAL_HEADER : '') };
}
