import { wireTime } from '../../contract/wire-time.ts';
import type { Principal } from '../../http/route.ts';
import type { Clock } from '../../time/clock.ts';
import { joined } from '../hub/frame.ts';
import type { Hub } from '../hub/hub.ts';
import type { NoticeName } from '../hub/numbers.ts';

/** How a watch is. `dropped`: more came than could be kept; `silent`: nothing came for long. */
export type WatchState = 'watching' | 'restarting' | 'bad_line' | 'dropped' | 'silent' | 'ended';

export interface WatchWish {
  readonly id: string;
  readonly path: string;
  readonly scope: string | null;
  readonly holder: Principal;
  /** undefined: all of the holder. */
  readonly client: string | undefined;
}

/** What is on its way to be kept; what comes beyond is dropped, and said to be. */
const MOST_PENDING = 256;
const MOST_BYTES = 1024 * 1024;
/** What may come at once, in seconds of its rate. */
const BURST_S = 2;

/** One path that a client watches: what its program says of it becomes notices, in order, until it is over. */
export class Watch {
  readonly wish: WatchWish;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #perSecond: number;
  #room: number;
  #roomAt: number;
  #sent = 0;
  #pending = 0;
  #bytes = 0;
  #dropped = 0;
  #over = false;
  /** When something was heard last, on a clock that nobody sets. */
  heardAt: number;
  silent = false;
  badLines = 0;

  constructor(wish: WatchWish, { hub, clock, perSecond }: { hub: Hub; clock: Clock; perSecond: number }) {
    this.wish = wish;
    this.#hub = hub;
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#room = perSecond * BURST_S;
    this.#roomAt = clock.elapsed();
    this.heardAt = this.#roomAt;
  }

  /** `data`: JSON text. */
  event({
    docId,
    op,
    data,
  }: {
    readonly docId: string | null;
    readonly op: string;
    readonly data: string | undefined;
  }): void {
    if (this.#over) return;
    const bytes = data?.length ?? 0;
    if (this.#pending >= MOST_PENDING || this.#bytes + bytes > MOST_BYTES || !this.#takesOneMore()) {
      this.#dropped += 1;
      return;
    }
    this.tellDropped();
    this.#send('subscription/event', joined({ subscription_id: this.wish.id, doc_id: docId, op }, 'data', data));
  }

  state(state: WatchState, more: Readonly<Record<string, unknown>> = {}): void {
    if (this.#over) return;
    const head = { subscription_id: this.wish.id, state, at: wireTime(this.#clock.now()), ...more };
    this.#send('subscription/state', JSON.stringify(head));
  }

  /** What was left out since it was told last. */
  tellDropped(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.state('dropped', { dropped });
  }

  /** Nothing more is told, also of what is on its way. */
  end(): void {
    this.#over = true;
    this.#hub.mute(this.wish.id);
  }

  /** The same with a last word, where it was not the client who ended it. */
  endFor(reason: string): void {
    this.state('ended', { reason });
    this.#over = true;
  }

  #send(event: NoticeName, data: string): void {
    const { id, holder, client } = this.wish;
    this.#sent += 1;
    this.#pending += 1;
    this.#bytes += data.length;
    const to = { owner: holder.name, client };
    this.#hub
      .append({ key: `${id}.${this.#sent}`, to, request: id, event, data })
      .catch(() => {
        this.#hub.numbers.lost();
        this.#dropped += 1;
      })
      .finally(() => {
        this.#pending -= 1;
        this.#bytes -= data.length;
      });
  }

  /** A program that floods is held to its rate: others have the same bus. */
  #takesOneMore(): boolean {
    const now = this.#clock.elapsed();
    const most = this.#perSecond * BURST_S;
    this.#room = Math.min(most, this.#room + ((now - this.#roomAt) / 1000) * this.#perSecond);
    this.#roomAt = now;
    if (this.#room < 1) return false;
    this.#room -= 1;
    return true;
  }
}
