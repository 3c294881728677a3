import { ALL_RESULTS, TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import { wireTime } from '../../contract/wire-time.ts';
import { landed } from '../../delivery/flush.ts';
import type { Clock } from '../../time/clock.ts';
import { sleep, within } from '../../time/wait.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { type Heard, hearRefusal, hearResult } from '../requests/hear.ts';
import type { RequestRecord } from '../requests/record.ts';
import type { RequestStore } from '../requests/store.ts';
import { orStoreProblem } from '../store-problem.ts';
import type { Notice } from './frame.ts';
import type { Hub } from './hub.ts';
import { type Progress, progressNotices, resultNotices, stageNotices } from './notices.ts';
import { Occurrences } from './occurrences.ts';
import { PROGRESS, readProgress } from './progress.ts';
import { readUpdate, UPDATES, updateNotices } from './updates.ts';

const RETRY_MS = [200, 500, 1_000, 3_000, 10_000];
/** What waits for the store, or to be kept. Beyond, it is lost and counted. */
const MOST_WAITING = 10_000;
const MOST_BYTES = 32 * 1024 * 1024;

export interface NewsOptions {
  readonly transport: Transport;
  readonly store: RequestStore;
  readonly hub: Hub;
  readonly clock: Clock;
  /** Of what others wrote; what is larger is left out, and said to be. */
  readonly mostBytes: number;
  /** Under which subjects others tell how executions go on; undefined: nobody does. */
  readonly updates: string | undefined;
  /** Told of what nobody will be told of. */
  readonly lost: (id: string, reason: string) => void;
}

/**
 * Makes notices of what the bus says about requests. Every replica hears all of it and keeps it under the same key, in the order in which it
 * came: so nothing hangs on one process, and what several keep stands in the log once, in that order.
 */
export class News {
  readonly #options: NewsOptions;
  readonly #subscriptions: Subscription[] = [];
  #begun: Promise<void> | undefined;
  readonly #over = new AbortController();
  readonly #waiting = new Set<Promise<void>>();
  readonly #occurrences = new Occurrences();
  #bytes = 0;
  /** The turn of the latest. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  /** Begins to hear, when somebody listens for the first time. Resolves when nothing that comes then is missed. */
  begin(): Promise<void> {
    this.#begun ??= this.#subscribe().catch((thrown: unknown) => {
      this.#begun = undefined;
      throw thrown;
    });
    return this.#begun;
  }

  async #subscribe(): Promise<void> {
    const { transport, updates } = this.#options;
    if (this.#subscriptions.length === 0) {
      this.#listen(ALL_RESULTS, (message) => this.#hear(hearResult(message), message));
      this.#listen(TASKS_DEAD_LETTER, (message) => this.#hear(hearRefusal(message), message));
      this.#listen(`${PROGRESS}>`, (message) => this.#hearProgress(message));
      for (const event of updates === undefined ? [] : UPDATES) {
        this.#listen(`${updates}*.${event}`, (message) => this.#hearUpdate(message, updates ?? '', event));
      }
    }
    // What is refused stands in the log; of the rest clients are told all the same.
    await orStoreProblem(landed(transport));
  }

  /** `hear` tells until when it needs the bytes of the message; undefined: it has read them. */
  #listen(pattern: string, hear: (message: Message) => Promise<unknown> | undefined): void {
    const { transport } = this.#options;
    const heard = (message: Message): void => {
      const giveBack = (): void => transport.giveBack?.(message.data);
      const told = hear(message);
      if (told === undefined) giveBack();
      else void told.then(giveBack);
    };
    this.#subscriptions.push(transport.subscribe(pattern, heard));
  }

  /** Takes no more, and keeps what it has, trying again for so long. What is left then is lost, and told as such. */
  async putAway(ms: number): Promise<void> {
    await Promise.all(this.#subscriptions.map((each) => each.drain().catch(() => {})));
    const all = Promise.all(this.#waiting);
    await within(this.#options.clock, all, ms);
    this.#over.abort();
    await all;
  }

  #hear(heard: Heard | undefined, { data }: Message): Promise<unknown> | undefined {
    if (heard === undefined) return undefined;
    const { clock, mostBytes } = this.#options;
    const at = wireTime(clock.now());
    return this.#tell(heard.id, data.length, (record) =>
      heard.kind === 'stage' ? stageNotices(record, heard.stage, at) : resultNotices(record, heard, { at, mostBytes }),
    );
  }

  #hearProgress(message: Message): Promise<unknown> | undefined {
    const said = readProgress(message);
    if (said === undefined) return undefined;
    const { mostBytes } = this.#options;
    const { taskId, raw, request } = said;
    const progress: Progress = { taskId, raw, key: this.#occurrences.key(message) };
    return this.#tell(request, message.data.length, (record) => progressNotices(record, progress, mostBytes));
  }

  #hearUpdate(message: Message, prefix: string, event: string): Promise<unknown> | undefined {
    const update = readUpdate(message, { prefix, event, now: this.#options.clock.now() });
    if (update === undefined) return undefined;
    const key = this.#occurrences.key(message);
    return this.#tell(update.request, message.data.length, (record) => updateNotices(record, update, key));
  }

  /** Looks the request up at once, and keeps the notice when its turn comes. Resolves when it is made; undefined: none will be. */
  #tell(
    id: string,
    bytes: number,
    noticesOf: (record: RequestRecord) => readonly Notice[],
  ): Promise<unknown> | undefined {
    const { hub } = this.#options;
    // Nobody has listened for long.
    if (hub.clients.size === 0) return undefined;
    if (this.#waiting.size >= MOST_WAITING || this.#bytes + bytes > MOST_BYTES) {
      hub.numbers.lost();
      this.#options.lost(id, 'too much waits to be told');
      return undefined;
    }
    this.#bytes += bytes;
    const found = this.#again(() => this.#options.store.get(id));
    const kept = this.#turn.then(async () => {
      const standing = await found;
      const record = standing?.record;
      if (record === undefined || record.state === 'forgotten') return undefined;
      if (!record.client_id && !hub.wants(record.owner) && record.watchers === undefined) return undefined;
      // Whoever comes next need not wait until it is kept: what is sent in order is kept in order.
      const done = noticesOf(record).map((notice) => this.#again(() => hub.append(notice)));
      return { done: Promise.all(done) };
    });
    const turn = kept.catch(() => {});
    this.#turn = turn;
    const work = kept
      .then(async (underWay) => void (await underWay?.done))
      .catch((thrown: unknown) => {
        hub.numbers.lost();
        this.#options.lost(id, thrown instanceof Error ? thrown.message : String(thrown));
      })
      .finally(() => {
        this.#bytes -= bytes;
        this.#waiting.delete(work);
      });
    this.#waiting.add(work);
    return turn;
  }

  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (const waitMs of [...RETRY_MS, undefined]) {
      try {
        return await work();
      } catch (thrown) {
        if (waitMs === undefined || this.#over.signal.aborted) throw thrown;
        await sleep(this.#options.clock, waitMs, this.#over.signal);
      }
    }
    throw new Error('unreachable');
  }
}
