import type { Bucket } from '../../store/bucket.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import { type Entry, entryIn, entryText, itemKey } from '../journal.ts';
import { isRunning, readOperation } from './operation.ts';
import type { Row } from './selection.ts';

/**
 * Whether a letter may be sent now. `taken`: somebody else is about to send it. `already`: it was sent since it was selected. `done`: by
 * this very operation, before it was resumed. `uncertain`: nobody can know whether it was. `archived`: somebody put it away since.
 */
export type Claim = 'claimed' | 'taken' | 'already' | 'done' | 'uncertain' | 'archived';

export interface LedgerOptions {
  readonly journal: Bucket;
  readonly bus: Transport;
  readonly clock: Clock;
  readonly operation: string;
  readonly resendUncertain: boolean;
  /** What the clock of whoever keeps the letters is ahead of ours. */
  readonly skewMs: number;
  /** What a write needs that may meet a connection that is away. */
  readonly steady: <T>(write: () => Promise<T>) => Promise<T>;
}

const FATE_MS = 2000;
/** Enough to tell one start of a server from another. */
const SERVER_LETTERS = 12;

/** The journal as one operation writes it: each letter is claimed before it leaves, so that nobody sends it besides. */
export class Ledger {
  readonly #options: LedgerOptions;
  /** Of other operations: whether somebody runs them. */
  readonly #fates = new Map<string, { readonly at: number; readonly runs: boolean }>();

  /** Before any of them left: what comes back came later, whatever the order in which all of it is written down. */
  readonly #claimedAt = new Map<string, number>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** On one connection with what is published, in its order. */
  get inStep(): boolean {
    return this.#options.journal.putInStep !== undefined;
  }

  async claim(row: Row): Promise<Claim> {
    const { journal, steady } = this.#options;
    const key = itemKey(row.id);
    this.#claimedAt.set(row.id, this.#options.clock.now() + this.#options.skewMs);
    const mine = entryText(this.#entry(row, this.inStep ? 'claimed' : 'leaving', undefined));
    for (;;) {
      if ((await steady(() => journal.create(key, mine))) !== 'exists') return 'claimed';
      const standing = await steady(() => journal.get(key));
      if (standing === undefined) continue;
      // Written by this very call, whose answer was lost with a connection.
      if (Buffer.from(standing.value).toString() === mine) return 'claimed';
      const entry = entryIn(standing.value);
      const verdict = entry === undefined ? 'claimed' : await this.#judge(row, entry);
      if (verdict !== 'claimed') return verdict;
      if ((await steady(() => journal.update(key, mine, standing.revision))) !== 'changed') return 'claimed';
    }
  }

  /** A claim of ours, on the connection that there is now. */
  async renew(row: Row): Promise<void> {
    await this.#put(row, this.#entry(row, this.inStep ? 'claimed' : 'leaving', undefined));
  }

  leaving(row: Row, newWork: string | undefined): void {
    this.#options.journal.putInStep?.(itemKey(row.id), entryText(this.#entry(row, 'leaving', newWork)));
  }

  left(row: Row, newWork: string | undefined): void {
    this.#options.journal.putInStep?.(itemKey(row.id), entryText(this.#entry(row, 'left', newWork)));
  }

  async sent(row: Row, newWork: string | undefined): Promise<void> {
    await this.#put(row, this.#entry(row, 'sent', newWork));
    this.#claimedAt.delete(row.id);
  }

  /** It left and reached nobody, or did not leave: as if nothing had been. */
  async open(row: Row): Promise<void> {
    await this.#put(row, { ...this.#entry(row, 'open', undefined), sends: row.sends });
  }

  /** Whether it left is not known, and is not known to the next one either. */
  async uncertain(row: Row, newWork: string | undefined): Promise<void> {
    await this.#put(row, this.#entry(row, 'leaving', newWork));
  }

  /**
   * After the connection was lost: how far it had come with this one. What was read is written again where it stands: what had come
   * and was not written down yet comes to light by that.
   */
  async howFar(row: Row): Promise<Entry['state'] | undefined> {
    const { journal, steady } = this.#options;
    const key = itemKey(row.id);
    for (;;) {
      const standing = await steady(() => journal.get(key));
      const entry = standing && entryIn(standing.value);
      if (standing === undefined || entry?.operation !== this.#options.operation) return undefined;
      if ((await steady(() => journal.update(key, standing.value, standing.revision))) !== 'changed')
        return entry.state;
    }
  }

  async #judge(row: Row, entry: Entry): Promise<Claim> {
    const { operation, resendUncertain } = this.#options;
    const ours = entry.operation === operation;
    switch (entry.state) {
      case 'open':
        return 'claimed';
      case 'archived':
        return row.archived ? 'claimed' : 'archived';
      case 'sent':
        if (ours) return 'done';
        return entry.sends > row.sends ? 'already' : 'claimed';
      case 'left':
        if (!ours && (await this.#runs(entry))) return 'taken';
        if (entry.server !== this.#server) return resendUncertain ? 'claimed' : 'uncertain';
        // It arrived; whether anybody heard it was still to be told when its sender died.
        await this.#put(row, { ...entry, state: 'sent' });
        return ours ? 'done' : 'already';
      case 'claimed':
      case 'leaving': {
        if (!ours && (await this.#runs(entry))) return 'taken';
        // Nothing of it reached the server that it went through: what is written right before it would be there.
        if (entry.state === 'claimed' && entry.server === this.#server) return 'claimed';
        return resendUncertain ? 'claimed' : 'uncertain';
      }
    }
  }

  async #runs({ operation: id = '' }: Entry): Promise<boolean> {
    const { journal, clock } = this.#options;
    const known = this.#fates.get(id);
    if (known !== undefined && clock.elapsed() - known.at < FATE_MS) return known.runs;
    const runs = await readOperation(journal, id).then(
      ({ operation }) => isRunning(operation, clock.now()),
      // One that is forgotten runs no more.
      () => false,
    );
    this.#fates.set(id, { at: clock.elapsed(), runs });
    return runs;
  }

  get #server(): string {
    return this.#options.bus.info.serverId.slice(0, SERVER_LETTERS);
  }

  async #put(row: Row, entry: Entry): Promise<void> {
    const { journal, steady } = this.#options;
    await steady(() => journal.put(itemKey(row.id), entryText(entry)));
  }

  #entry({ id, work, sends }: Row, state: Entry['state'], newWork: string | undefined): Entry {
    const { operation, clock, skewMs } = this.#options;
    const at = this.#claimedAt.get(id) ?? clock.now() + skewMs;
    const gone = state === 'leaving' || state === 'left' || state === 'sent';
    const server = state === 'sent' || state === 'open' ? undefined : this.#server;
    return { state, operation, at, sends: gone ? sends + 1 : sends, work, newWork, server };
  }
}
