import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isJsonObject } from '../../contract/json.ts';
import { HeddleError } from '../../errors.ts';
import { type Clock, systemClock, type Timer } from '../../time/clock.ts';
import { readLines } from './lines.ts';

export type JournalState = 'sent' | 'completed' | 'failed';

/** What a rerun leaves out: what was answered, or (without waiting) what was sent. */
export type SkipRule = 'sent' | 'answered' | 'completed';

const STATES: readonly JournalState[] = ['sent', 'completed', 'failed'];
const HEADER = '{"heddle_ts_journal":1}';
/** How long an entry may stay in memory. A crash within it sends those lines again. */
const WRITE_EVERY_MS = 200;
const WRITE_AT_CHARACTERS = 64 * 1024;

/**
 * A file beside a batch that says which lines are done. A line is known by its number and the hash of its text: 9 bytes of
 * memory each, and a journal of other input is noticed.
 */
export class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #rule: SkipRule;
  readonly #clock: Clock;
  #hashes = new Float64Array(1024);
  #states = new Uint8Array(1024);
  #pending = '';
  #writing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #failure: HeddleError | undefined;

  private constructor(path: string, file: FileHandle, rule: SkipRule, clock: Clock) {
    this.#path = path;
    this.#file = file;
    this.#rule = rule;
    this.#clock = clock;
  }

  static async open(path: string, rule: SkipRule, clock: Clock = systemClock): Promise<Journal> {
    let file: FileHandle;
    try {
      file = await open(path, 'a+');
    } catch (cause) {
      throw new HeddleError('usage', `cannot open the journal ${path}: ${reasonOf(cause)}`, { cause });
    }
    const journal = new Journal(path, file, rule, clock);
    try {
      await journal.#read();
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
    return journal;
  }

  /** Was this line done by an earlier run? Throws when the journal was written for another input. */
  isDone(line: number, text: string): boolean {
    const state = this.#states[line] ?? 0;
    if (state === 0) return false;
    if (this.#hashes[line] !== hashOf(text)) {
      throw new HeddleError('usage', `the journal ${this.#path} belongs to another input: line ${line} differs`, {
        hint: 'Name another journal file, or restore the input; lines may be appended, not changed.',
      });
    }
    if (this.#rule === 'sent') return true;
    const name = STATES[state - 1];
    return name === 'completed' || (name === 'failed' && this.#rule === 'answered');
  }

  record(line: number, text: string, state: JournalState, taskId: string): void {
    const key = hashOf(text);
    this.#keep(line, key, state);
    this.#pending += `${JSON.stringify({ line, hash: key.toString(16), state, task_id: taskId })}\n`;
    if (this.#pending.length >= WRITE_AT_CHARACTERS) void this.#write();
    else this.#timer ??= this.#clock.after(WRITE_EVERY_MS, () => void this.#write());
  }

  /** Throws when an entry could not be written: then a rerun would do those lines again. */
  async close(): Promise<void> {
    await this.#write();
    await this.#writing;
    await this.#file.sync().catch(() => {});
    await this.#file.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #write(): Promise<void> {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    const text = this.#pending;
    this.#pending = '';
    if (text === '') return this.#writing;
    this.#writing = this.#writing
      .then(() => this.#file.appendFile(text))
      .catch((cause: unknown) => {
        this.#failure ??= new HeddleError(
          'input_unreadable',
          `cannot write the journal ${this.#path}: ${reasonOf(cause)}`,
          { cause },
        );
      });
    return this.#writing;
  }

  async #read(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size === 0) {
      this.#pending = `${HEADER}\n`;
      return;
    }
    const notOurs = (line: number): HeddleError =>
      new HeddleError('usage', `${this.#path} is no journal of heddle-ts (line ${line})`, {
        remedy: { do: 'name-new-journal' },
      });
    let torn: number | undefined;
    for await (const lines of readLines(createReadStream(this.#path))) {
      for (const { number, text } of lines) {
        // Only the very last line may be cut short: the run that wrote it was killed.
        if (torn !== undefined) throw notOurs(torn);
        if (number === 1 && text !== HEADER) throw notOurs(1);
        if (number > 1 && !this.#readEntry(text)) torn = number;
      }
    }
    const tail = Buffer.alloc(Math.min(size, LONGEST_ENTRY));
    await this.#file.read(tail, 0, tail.length, size - tail.length);
    const newline = tail.lastIndexOf(NEWLINE);
    if (newline === tail.length - 1) {
      if (torn !== undefined) throw notOurs(torn);
    } else if (torn === undefined) this.#pending = '\n';
    else await this.#file.truncate(size - (tail.length - 1 - newline));
  }

  #readEntry(text: string | undefined): boolean {
    let entry: unknown;
    try {
      entry = JSON.parse(text ?? '');
    } catch {
      return false;
    }
    if (!isJsonObject(entry)) return false;
    const { line, hash: key, state } = entry;
    if (typeof line !== 'number' || !Number.isSafeInteger(line) || line < 1 || line > MOST_LINES) return false;
    if (typeof key !== 'string' || !STATES.includes(state as JournalState)) return false;
    this.#keep(line, Number.parseInt(key, 16), state as JournalState);
    return true;
  }

  #keep(line: number, key: number, state: JournalState): void {
    if (line >= this.#states.length) {
      const size = Math.max(line + 1, this.#states.length * 2);
      const hashes = new Float64Array(size);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
      const states = new Uint8Array(size);
      states.set(this.#states);
      this.#states = states;
    }
    this.#hashes[line] = key;
    this.#states[line] = STATES.indexOf(state) + 1;
  }
}

const NEWLINE = 0x0a;
/** An id has 1,024 characters at most. */
const LONGEST_ENTRY = 16 * 1024;
/** 9 bytes each: a journal that claims more is damaged, and must not take the memory. */
const MOST_LINES = 200_000_000;

/** 48 bits: exact in a double. */
function hashOf(text: string): number {
  return Number.parseInt(hash('sha1', text, 'hex').slice(0, 12), 16);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
