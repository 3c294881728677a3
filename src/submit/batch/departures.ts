import { flushPublished } from '../../delivery/flush.ts';
import type { HeardProbe } from '../../delivery/heard.ts';
import type { Link } from '../../delivery/link.ts';
import type { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import { type Departure, Flow } from './flow.ts';
import type { SentItem } from './intake.ts';

/** Messages that one confirmation of the server stands for. */
export interface Window {
  readonly items: SentItem[];
  bytes: number;
  /** Of the link, when the first of them was published. */
  readonly losses: number;
}

export interface DeparturesWorld {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly link: Link;
  readonly probe: HeardProbe;
  /** Are those that are lost sent again? */
  readonly again: boolean;
  readonly confirmed: (window: Window) => void;
  /** The connection broke before they were confirmed. True: they shall be sent again. */
  readonly lost: (window: Window) => boolean;
  /** The server refused them; `window` is uncertain. */
  readonly refused: (window: Window, error: HeddleError) => void;
  /** Something was confirmed, or is known to be lost. */
  readonly moved: () => void;
}

/** Confirmations that are asked for and not here yet; what is published meanwhile waits for the next together. */
const FLUSHES = 8;
const GONE = new Uint8Array(0);
/** So many go together, so that what is lost with a connection can be named. */
const WINDOW_ITEMS = 1_000;

/**
 * Publishes, and learns from the server's confirmations what it has. Several are on their way at a time, and as much
 * between them as the link carries: a long way to the server is no slow one.
 */
export class Departures {
  readonly #world: DeparturesWorld;
  readonly #flow: Flow;
  readonly #onTheWay = new Set<Window>();
  #open: Window | undefined;
  readonly #owed: Window[] = [];
  #messages = 0;
  #bytes = 0;

  constructor(world: DeparturesWorld) {
    this.#world = world;
    this.#flow = new Flow(world.clock.elapsed());
  }

  /** How many more may go now. */
  get room(): number {
    if (this.#bytes >= this.#flow.bytes) return 0;
    return Math.max(0, Math.min(WINDOW_ITEMS, this.#flow.messages - this.#messages));
  }

  /** Messages published, and neither confirmed nor known to be lost. */
  get unconfirmed(): number {
    return this.#messages;
  }

  /** Do some that were lost with the connection wait to be sent again? */
  get owes(): boolean {
    return this.#owed.length > 0;
  }

  /** The shortest round trip that was seen. */
  get roundTripMs(): number {
    return this.#flow.roundTripMs;
  }

  /** While the connection is up; `confirm` asks for the server's word on it. Throws what the connection throws. */
  publish(item: SentItem): void {
    const { transport, probe, link, again } = this.#world;
    const reply = probe.replyFor(item.line);
    transport.publish(item.subject, item.data, reply === undefined ? undefined : { reply });
    if (!again) item.data = GONE;
    const window = this.#windowNow(link.losses);
    window.items.push(item);
    window.bytes += item.bytes;
    this.#messages += 1;
    this.#bytes += item.bytes;
  }

  /** Asks for the confirmation of what was published; when many are under way already, together with what comes next. */
  confirm(): void {
    const window = this.#open;
    if (window === undefined || this.#onTheWay.size >= FLUSHES) return;
    const { transport, clock } = this.#world;
    this.#open = undefined;
    this.#onTheWay.add(window);
    const departure = this.#flow.leaving(clock.elapsed());
    void flushPublished(transport).then(
      () => this.#answered(window, departure, undefined),
      (thrown: HeddleError) => this.#answered(window, departure, thrown),
    );
  }

  /** Sends again what was lost, in windows of its own. Throws as `publish` does; what is left then is still owed. */
  resend(): void {
    for (let window = this.#owed[0]; window !== undefined; window = this.#owed[0]) {
      for (let item = window.items[0]; item !== undefined; item = window.items[0]) {
        this.publish(item);
        window.items.shift();
      }
      this.#owed.shift();
    }
    this.confirm();
  }

  /** All that nobody will confirm any more. */
  abandon(): readonly Window[] {
    const open = this.#open === undefined ? [] : [this.#open];
    const rest = [...this.#owed.splice(0), ...this.#onTheWay, ...open];
    this.#open = undefined;
    this.#onTheWay.clear();
    return rest;
  }

  #windowNow(losses: number): Window {
    if (this.#open !== undefined && this.#open.losses !== losses) {
      this.#lose(this.#open);
      this.#open = undefined;
    }
    this.#open ??= { items: [], bytes: 0, losses };
    return this.#open;
  }

  #answered(window: Window, departure: Departure, error: HeddleError | undefined): void {
    // Given up before the answer came.
    if (!this.#onTheWay.delete(window)) return;
    const { link, clock, confirmed, refused, moved } = this.#world;
    if (error !== undefined && !error.code.startsWith('connection_')) {
      this.#settled(window);
      refused(window, error);
    } else if (error !== undefined || window.losses !== link.losses) this.#lose(window);
    else {
      this.#settled(window);
      this.#flow.arrived(departure, window.items.length, window.bytes, clock.elapsed());
      confirmed(window);
    }
    this.confirm();
    moved();
  }

  #lose(window: Window): void {
    this.#settled(window);
    if (this.#world.lost(window)) this.#owed.push(window);
  }

  #settled(window: Window): void {
    this.#messages -= window.items.length;
    this.#bytes -= window.bytes;
  }
}
