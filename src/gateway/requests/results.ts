import type { TaskResult } from '../../contract/messages.ts';
import { ALL_RESULTS, TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import { wireTime } from '../../contract/wire-time.ts';
import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import type { Subscription, Transport } from '../../transport/transport.ts';
import { type Heard, hearRefusal, hearResult } from './hear.ts';
import type { RequestAnswer, RequestRecord } from './record.ts';
import type { RequestStore } from './store.ts';

export interface ResultNews {
  /** `stored`, `omitted` (too large), `unclaimed` (no such request any more), `failed` (the store did not take it). */
  counted(how: 'stored' | 'omitted' | 'unclaimed' | 'failed'): void;
  unkept(id: string, reason: string): void;
  /** The store took it; the text as it came. Never rejects. */
  answered(record: RequestRecord, text: string | undefined): Promise<void>;
  /** Of a stage on the way of a goal. Never rejects. */
  staged(id: string, stage: TaskResult): Promise<void>;
}

const RETRY_MS = [200, 500, 1_000, 3_000, 10_000];
/** Results whose store is away; beyond, they are lost and counted. */
const MOST_PENDING = 10_000;

/**
 * Puts every answer to the requests that stand in the store where the request is, whichever replica took it: the replicas
 * share the answers as one group. Of requests in memory only the process itself knows, so there each hears them all.
 */
export class Results {
  readonly #store: RequestStore;
  readonly #clock: Clock;
  readonly #resultBytes: number;
  readonly #news: ResultNews;
  readonly #subscriptions: readonly Subscription[];
  readonly #over = new AbortController();
  readonly #pending = new Set<Promise<void>>();

  constructor(
    transport: Transport,
    store: RequestStore,
    options: { readonly name: string; readonly resultBytes: number; readonly clock: Clock },
    news: ResultNews,
  ) {
    this.#store = store;
    this.#clock = options.clock;
    this.#resultBytes = options.resultBytes;
    this.#news = news;
    const queue = store.kind === 'memory' ? undefined : `gateway-${options.name}`;
    this.#subscriptions = [
      transport.subscribe(ALL_RESULTS, (message) => this.#hear(hearResult(message)), { queue }),
      transport.subscribe(TASKS_DEAD_LETTER, (message) => this.#hear(hearRefusal(message)), { queue }),
    ];
  }

  /** Takes no more, and puts away what it has. */
  async drain(): Promise<void> {
    await Promise.all(this.#subscriptions.map((each) => each.drain().catch(() => {})));
    this.#over.abort();
    await Promise.all(this.#pending);
  }

  #hear(heard: Heard | undefined): void {
    if (heard === undefined) return;
    if (heard.kind === 'answer') return this.#put(heard.id, heard.messageId, heard.text, heard.said);
    if (this.#pending.size < MOST_PENDING) this.#pend(this.#news.staged(heard.id, heard.stage));
  }

  #put(id: string, messageId: string, text: string | undefined, said: Pick<RequestAnswer, 'status' | 'reason'>): void {
    if (this.#pending.size >= MOST_PENDING) {
      this.#news.counted('failed');
      return this.#news.unkept(id, 'too many answers wait for the store');
    }
    this.#pend(this.#putAway(id, messageId, text, said));
  }

  #pend(work: Promise<void>): void {
    const pending = work.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  async #putAway(
    id: string,
    messageId: string,
    text: string | undefined,
    said: Pick<RequestAnswer, 'status' | 'reason'>,
  ): Promise<void> {
    const bytes = text === undefined ? 0 : Buffer.byteLength(text);
    const omitted = bytes > this.#resultBytes;
    const answer: RequestAnswer = { ...said, at: wireTime(this.#clock.now()), bytes, omitted };
    for (const waitMs of [...RETRY_MS, undefined]) {
      try {
        let taken: RequestRecord | undefined;
        const kept = await this.#store.change(id, ({ record }) => {
          // The first answer counts, as everywhere in Heddle.
          if (record.message_id !== messageId || record.answer !== null || record.state === 'forgotten')
            return undefined;
          taken = { ...record, state: 'done', until: null, answer };
          return { record: taken, result: omitted ? undefined : text };
        });
        // It may have been written anew in the face of another change, and then not at all.
        const isOurs = taken !== undefined && kept?.record === taken;
        this.#news.counted(isOurs ? (omitted ? 'omitted' : 'stored') : 'unclaimed');
        if (isOurs) await this.#news.answered(kept.record, text);
        return;
      } catch (thrown) {
        if (waitMs === undefined || this.#over.signal.aborted) {
          this.#news.counted('failed');
          return this.#news.unkept(id, thrown instanceof Error ? thrown.message : String(thrown));
        }
        await sleep(this.#clock, waitMs, this.#over.signal);
      }
    }
  }
}
