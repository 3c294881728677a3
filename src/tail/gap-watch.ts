import type { BusEvent } from '../transport/transport.ts';
import type { GapReason } from './record.ts';

/** A connection that went away, and did not come back yet. */
export interface OpenGap {
  readonly reason: GapReason;
  readonly from: number;
  readonly detail: string | undefined;
}

/** A path is found dead after two pings without pong, so up to three intervals after it died. */
const PINGS_TO_STALE = 3;

/** Makes gaps of the news of a connection. Pure: told the events and the times. */
export class GapWatch {
  readonly #pingIntervalMs: number;
  #omen: 'stale' | 'slow_consumer' | undefined;
  #open: OpenGap | undefined;

  constructor(pingIntervalMs: number) {
    this.#pingIntervalMs = pingIntervalMs;
  }

  get open(): OpenGap | undefined {
    return this.#open;
  }

  /** Returns the gap that this news closes. `lastMessageAt`: when the last message came, 0 for none. */
  hear(event: BusEvent, now: number, lastMessageAt: number): OpenGap | undefined {
    switch (event.kind) {
      case 'stale':
        this.#omen = 'stale';
        return undefined;
      case 'slow_consumer':
        this.#omen = 'slow_consumer';
        return undefined;
      case 'disconnected': {
        if (this.#open !== undefined) return undefined;
        const reason = this.#omen ?? 'disconnected';
        this.#omen = undefined;
        const detail = event.reason;
        this.#open = { reason, from: this.#sureUntil(reason, now, lastMessageAt), detail };
        return undefined;
      }
      case 'reconnected':
        return this.close();
      default:
        return undefined;
    }
  }

  close(): OpenGap | undefined {
    const closed = this.#open;
    this.#open = undefined;
    return closed;
  }

  /** TCP tells an end in its order, after all that came before; silence and a cut do not. */
  #sureUntil(reason: GapReason, now: number, lastMessageAt: number): number {
    if (reason === 'disconnected') return now;
    return Math.min(now, Math.max(lastMessageAt, now - PINGS_TO_STALE * this.#pingIntervalMs));
  }
}
