import { hash } from 'node:crypto';
import { type Entry, type JournalState, STATES } from './journal-entries.ts';

/** What became of each line, as far as it is known: 9 bytes of memory a line, and an id where one is in doubt. */
export class LineStates {
  #keys = new Float64Array(1024);
  #states = new Uint8Array(1024);
  readonly #doubts = new Map<number, string>();

  stateOf(line: number): JournalState | undefined {
    return STATES[(this.#states[line] ?? 0) - 1];
  }

  keyOf(line: number): number {
    return this.#keys[line] ?? 0;
  }

  /** The id under which it may have been sent. */
  doubtOf(line: number): string | undefined {
    return this.#doubts.get(line);
  }

  /** As an earlier run left it. */
  read({ line, key, state, taskId }: Entry): void {
    this.keep(line, key, state);
    if (state === 'sending') this.#doubts.set(line, taskId);
    else this.#doubts.delete(line);
  }

  keep(line: number, key: number, state: JournalState): void {
    if (line >= this.#states.length) this.#grow(Math.max(line + 1, this.#states.length * 2));
    this.#keys[line] = key;
    this.#states[line] = STATES.indexOf(state) + 1;
  }

  #grow(size: number): void {
    const keys = new Float64Array(size);
    keys.set(this.#keys);
    this.#keys = keys;
    const states = new Uint8Array(size);
    states.set(this.#states);
    this.#states = states;
  }
}

/** 48 bits: exact in a double. */
export function keyOf(text: string): number {
  return Number.parseInt(hash('sha1', text, 'hex').slice(0, 12), 16);
}
