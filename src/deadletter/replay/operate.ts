import type { JsonObject } from '../../contract/json.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import type { Home } from '../../letters/home.ts';
import type { Bucket } from '../../store/bucket.ts';
import { ourselves } from '../../store/directory/processes.ts';
import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import { readStandings } from '../journal.ts';
import { BEAT_MS, isRunning, type Operation, operationKey, operationText, readOperation } from './operation.ts';
import { keepSelection, type Row, readSelection } from './selection.ts';

/** What was written on a connection whose owner died is on its way to the server for so long at most. */
const ON_ITS_WAY_MS = 500;
/** How often whoever runs it looks whether somebody wants it to end, where that is not written in the journal. */
const HEAR_MS = 300;
/** For how long it is of interest that somebody asked. */
const REMEMBERED_MS = 86_400_000;

export interface Begin {
  readonly id: string;
  readonly actor: string;
  readonly how: JsonObject;
  readonly rows: readonly Row[];
}

interface Taken {
  readonly operation: Operation;
  readonly revision: number;
  /** The latest request for its end that was made before. */
  readonly asked: number | undefined;
}

/** The hold on an operation: whoever has it sends its letters. */
export class Hold {
  readonly #journal: Bucket;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #operation: Operation;
  #revision: number;
  readonly #beating: Promise<unknown>;
  readonly #over = new AbortController();
  /** On our clock: when what stands there had been written. */
  readonly #writtenAt: number;

  private constructor({ journal, aborts }: Home, clock: Clock, { operation, revision, asked }: Taken) {
    this.#journal = journal;
    this.#clock = clock;
    this.#operation = operation;
    this.#revision = revision;
    this.#writtenAt = clock.now();
    this.#beating = Promise.all([this.#beat(), aborts === undefined ? undefined : this.#hear(aborts, asked)]);
  }

  /** Writes down what is about to be done, before anything is. */
  static async begin(home: Home, clock: Clock, { id, actor, how, rows }: Begin): Promise<Hold> {
    const { journal } = home;
    await home.ensureJournal();
    const chunks = await keepSelection(journal, id, rows);
    const now = clock.now();
    const owner = await ourselves();
    const operation: Operation = {
      ...{ id, actor, startedAt: now, state: 'running', count: rows.length, chunks },
      ...{ how, owner, beatAt: now },
    };
    const revision = await journal.create(operationKey(id), operationText(operation));
    if (revision === 'exists') throw new HeddleError('store_failed', `there is a replay ${id} already`);
    return new Hold(home, clock, { operation, revision, asked: undefined });
  }

  /** Takes one over that nobody runs: what is left of it, and what it has sent. */
  static async resume(
    home: Home,
    clock: Clock,
    id: string,
  ): Promise<{ hold: Hold; rows: readonly Row[]; done: readonly Row[] }> {
    const { journal } = home;
    const { operation, revision } = await readOperation(journal, id);
    if (await isRunning(operation, clock.now())) {
      const { pid, realm } = operation.owner;
      throw new HeddleError('store_busy', `replay ${id} is running (process ${pid} on ${realm.split(' ')[0]})`);
    }
    await sleep(clock, ON_ITS_WAY_MS);
    const next: Operation = { ...operation, state: 'running', owner: await ourselves(), beatAt: clock.now() };
    const rows = await readSelection(journal, operation);
    const standings = await readStandings(journal, new Set());
    const isDone = (row: Row): boolean => {
      const entry = standings.entryOf(row.id);
      return entry?.operation === id && entry.state === 'sent';
    };
    // What was asked of whoever ran it before is over.
    const asked = await askedIn(home.aborts, id, undefined);
    const taken = await journal.update(operationKey(id), operationText(next), revision);
    if (taken === 'changed') throw new HeddleError('store_busy', `somebody else goes on with replay ${id}`);
    const hold = new Hold(home, clock, { operation: next, revision: taken, asked });
    return { hold, rows: rows.filter((row) => !isDone(row)), done: rows.filter(isDone) };
  }

  /** What the clock of whoever keeps the letters is ahead of ours; a moment less than that, by the way there. */
  async skewMs(): Promise<number> {
    const entry = await this.#journal.get(operationKey(this.#operation.id));
    return entry === undefined || entry.revision !== this.#revision ? 0 : entry.at - this.#writtenAt;
  }

  get operation(): Operation {
    return this.#operation;
  }

  /** Aborts when somebody asks for the end of the operation. */
  get aborted(): AbortSignal {
    return this.#abort.signal;
  }

  /** The last word on it. */
  async end(state: 'done' | 'stopped' | 'aborted'): Promise<void> {
    this.#over.abort();
    await this.#beating;
    this.#operation = { ...this.#operation, state, beatAt: this.#clock.now() };
    await this.#journal.put(operationKey(this.#operation.id), operationText(this.#operation));
  }

  async #beat(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await sleep(this.#clock, BEAT_MS, this.#over.signal).catch(() => {});
      if (this.#over.signal.aborted) return;
      // A connection that is away is the business of those who send.
      await this.#sayWeLive().catch(() => {});
    }
  }

  async #hear(aborts: Bucket, before: number | undefined): Promise<void> {
    for (;;) {
      await sleep(this.#clock, HEAR_MS, this.#over.signal);
      if (this.#over.signal.aborted) return;
      if ((await askedIn(aborts, this.#operation.id, before)) !== before) return this.#abort.abort();
    }
  }

  async #sayWeLive(): Promise<void> {
    const next = { ...this.#operation, beatAt: this.#clock.now() };
    const key = operationKey(next.id);
    const written = await this.#journal.update(key, operationText(next), this.#revision);
    if (written !== 'changed') {
      this.#operation = next;
      this.#revision = written;
      return;
    }
    const { operation, revision } = await readOperation(this.#journal, next.id);
    if (operation.state === 'aborting' || operation.owner.pid !== next.owner.pid) this.#abort.abort();
    this.#operation = { ...operation, owner: next.owner };
    this.#revision = revision;
  }
}

/** Which request for its end stands there, where one does: each has a number of its own. What cannot be read is as it was `before`. */
async function askedIn(
  aborts: Bucket | undefined,
  id: string,
  before: number | undefined,
): Promise<number | undefined> {
  try {
    return (await aborts?.get(id))?.revision;
  } catch (error) {
    // Until somebody asked for the end of something, there is no such bucket.
    return isHeddleError(error) && error.code === 'no_match' ? undefined : before;
  }
}

/** Asks whoever runs it to end; where nobody does, it is over. */
export async function abort(home: Home, clock: Clock, id: string): Promise<'asked' | 'aborted' | 'over'> {
  const { journal, aborts } = home;
  for (;;) {
    const { operation, revision } = await readOperation(journal, id);
    const { state } = operation;
    if (state === 'done' || state === 'aborted') return 'over';
    const runs = await isRunning(operation, clock.now());
    if (runs && aborts !== undefined) {
      await aborts.ensure({ ttlMs: REMEMBERED_MS });
      await aborts.put(id, String(clock.now()));
      return 'asked';
    }
    const next: Operation = { ...operation, state: runs ? 'aborting' : 'aborted' };
    const written = await journal.update(operationKey(id), operationText(next), revision);
    if (written !== 'changed') return runs ? 'asked' : 'aborted';
  }
}
