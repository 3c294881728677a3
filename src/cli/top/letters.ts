import { type Group, Groups } from '../../deadletter/groups.ts';
import { look } from '../../deadletter/look.ts';
import { chooser } from '../../deadletter/select.ts';
import { mayCapture } from '../../delivery/captured.ts';
import { isHeddleError } from '../../errors.ts';
import type { Home } from '../../letters/home.ts';
import { openJetStreamHome } from '../../letters/jetstream-home.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';

/** What streams keep of failed work, as far as it was read. */
export type LettersSeen =
  | { readonly state: 'unread' }
  /** No stream keeps them: all that is known here are those that passed while we looked on. A folder may hold others. */
  | {
      readonly state: 'unkept';
      /** Whether there could be one. */
      readonly jetStream: boolean;
    }
  | { readonly state: 'unknown'; readonly reason: string }
  | {
      readonly state: 'read';
      readonly groups: readonly Group[];
      /** Letters in more groups than are told apart. */
      readonly beyond: number;
      readonly total: number;
      readonly readAt: number;
    };

const MOST_GROUPS = 500;
const FRESH_MS = 10_000;
/** A task that nobody answered for so long has failed, as `dead-letter` has it. */
const ORPHAN_AFTER_MS = 10 * 60_000;

/** Reads the kept letters when somebody looks at them. */
export class Letters {
  seen: LettersSeen = { state: 'unread' };
  readonly #bus: Transport;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #reading: Promise<void> | undefined;
  #home: Home | undefined;

  constructor(bus: Transport, clock: Clock, signal: AbortSignal) {
    this.#bus = bus;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Where they are kept; undefined where nothing was found that keeps them. */
  get home(): Home | undefined {
    return this.#home;
  }

  /** There may be very many: not each time that somebody looks. */
  async readWhenOld(): Promise<void> {
    const { seen } = this;
    if (seen.state !== 'read' || this.#clock.now() - seen.readAt > FRESH_MS) await this.read();
  }

  async read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      this.#home ??= await openJetStreamHome(this.#bus, this.#clock);
      const now = this.#clock.now();
      const options = { orphanAfterMs: ORPHAN_AFTER_MS, now, signal: this.#signal };
      const { letters } = await look(this.#home, chooser({}), options);
      const groups = new Groups(MOST_GROUPS);
      for await (const { letter, standing } of letters) groups.add(letter, standing);
      const { beyond, total } = groups;
      this.seen = { state: 'read', groups: groups.list(), beyond, total, readAt: now };
    } catch (error) {
      if (!isHeddleError(error)) throw error;
      this.seen =
        error.code === 'no_match'
          ? { state: 'unkept', jetStream: mayCapture(this.#bus) }
          : { state: 'unknown', reason: error.message };
    }
  }

  async close(): Promise<void> {
    await this.#home?.close();
  }
}
