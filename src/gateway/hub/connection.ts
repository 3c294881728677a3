import type { EventStream } from '../../http/event-stream.ts';
import { concerns, type Dialect, framed, frameId, type Interest, type Told } from './frame.ts';
import type { FrameLog } from './frame-log.ts';

/** A frame on its way to all who are told of it: written out once for each dialect. */
export class Outgoing {
  readonly told: Told;
  readonly #epoch: string;
  readonly #bytes = new Map<Dialect, Uint8Array>();

  constructor(told: Told, epoch: string) {
    this.told = told;
    this.#epoch = epoch;
  }

  in(dialect: Dialect): Uint8Array {
    const { event, data, offset } = this.told;
    const bytes = this.#bytes.get(dialect) ?? framed(dialect, event, data, { id: frameId(this.#epoch, offset) });
    this.#bytes.set(dialect, bytes);
    return bytes;
  }
}

const AT_ONCE = Promise.resolve();
const NEVER = (): boolean => false;

export interface ConnectionOptions {
  readonly log: FrameLog;
  readonly client: string;
  readonly owner: string;
  readonly interest: Interest;
  readonly dialect: Dialect;
  /** Everything up to this offset it has, or is not owed. */
  readonly after: number;
  /** About what nothing is told any more. */
  readonly muted: ReadonlySet<string>;
  /** Whether what is no frame of the log tells a place, too. */
  readonly marks: boolean;
  /** What it waits for: told of that, it is done. */
  readonly until?: ((told: Told) => boolean) | undefined;
}

/**
 * One client that listens. First it is told what it has missed, as fast as it reads; then what comes. Its place moves with the log,
 * also where nothing concerned it, so that it is never told of a gap that was none.
 */
export class Connection {
  readonly stream: EventStream;
  readonly client: string;
  readonly owner: string;
  readonly interest: Interest;
  readonly #log: FrameLog;
  readonly #dialect: Dialect;
  readonly #muted: ReadonlySet<string>;
  readonly #until: (told: Told) => boolean;
  readonly #marks: boolean;
  #over: AbortController | undefined;
  /** Settles when it has been told all that it missed. Never rejects. */
  caughtUp: Promise<void> = AT_ONCE;
  #position: number;
  #live = false;

  constructor(
    stream: EventStream,
    { log, client, owner, interest, dialect, after, until = NEVER, muted, marks }: ConnectionOptions,
  ) {
    this.stream = stream;
    this.interest = interest;
    this.client = client;
    this.owner = owner;
    this.#log = log;
    this.#dialect = dialect;
    this.#position = after;
    this.#until = until;
    this.#marks = marks;
    this.#muted = muted;
  }

  /** What marks the place up to which it has everything. */
  get place(): string {
    return frameId(this.#log.epoch, this.#live ? Math.max(this.#position, this.#log.last) : this.#position);
  }

  /** The same for what is told by the way; undefined where nobody who comes back with it could be told what is right. */
  get mark(): string | undefined {
    return this.#marks ? this.place : undefined;
  }

  /** Aborted when it is closed. */
  get signal(): AbortSignal {
    // Most never need it.
    if (this.#over === undefined) {
      const over = new AbortController();
      this.#over = over;
      void this.stream.ended.then(() => over.abort());
    }
    return this.#over.signal;
  }

  /** A frame that is in no log. `data`: JSON text. */
  say(event: string, data: string, more: { readonly id?: string } = {}): void {
    this.stream.write(framed(this.#dialect, event, data, more));
  }

  /** Tells what is missing, then takes what comes. `failed`: what was missed cannot be had; it is closed, and comes back. */
  begin(failed: (thrown: unknown) => void): void {
    if (this.#position >= this.#log.last) {
      this.#live = true;
      return;
    }
    this.caughtUp = this.#catchUp().catch((thrown: unknown) => {
      failed(thrown);
      this.stream.close();
    });
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      if (!this.stream.isOpen) return;
      const last = this.#log.last;
      if (this.#position >= last) {
        this.#live = true;
        return;
      }
      for await (const each of this.#log.replay(this.interest, this.#position, this.signal)) {
        if (!(await this.stream.room())) return;
        if (each === 'gap') this.lost('gap');
        else if (each.offset > this.#position) this.#write(new Outgoing(each, this.#log.epoch));
      }
      this.#position = Math.max(this.#position, last);
    }
  }

  /** While it is live. */
  take(frame: Outgoing): void {
    const { told } = frame;
    if (!this.#live || told.offset <= this.#position || !concerns(this.interest, told)) return;
    this.#write(frame);
  }

  /** Something was lost: what the client knows must be asked for anew. */
  lost(reason: 'gap' | 'restart'): void {
    this.say('reset', JSON.stringify({ reason }), { id: this.place });
  }

  /** The log lost something, or is another one. Who is still being told of the old one has to come back. */
  broken(reason: 'gap' | 'restart'): void {
    if (!this.#live) return this.stream.close();
    if (reason === 'restart') this.#position = 0;
    this.lost(reason);
  }

  #write(frame: Outgoing): void {
    const { told } = frame;
    this.#position = told.offset;
    if (told.request !== undefined && this.#muted.has(told.request)) return;
    this.stream.write(frame.in(this.#dialect));
    if (this.#until(told)) this.stream.close();
  }

  ping(): Uint8Array {
    return pingFrame(this.#dialect, this.mark);
  }
}

/** The same for all who are at one place, who are most. */
const pings = new Map<string, Uint8Array>();

function pingFrame(dialect: Dialect, place: string | undefined): Uint8Array {
  const key = `${dialect} ${place}`;
  const known = pings.get(key);
  if (known !== undefined) return known;
  const made = framed(dialect, 'ping', '{}', place === undefined ? {} : { id: place });
  pings.clear();
  pings.set(key, made);
  return made;
}
