import type { EventStream } from '../../http/event-stream.ts';
import { concerns, type Dialect, frameId, framed, type Interest, type Told } from './frame.ts';
import type { FrameLog } from './frame-log.ts';

export const RETRY_MS = 3_000;

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

export interface ConnectionOptions {
  readonly log: FrameLog;
  readonly interest: Interest;
  readonly dialect: Dialect;
  /** Everything up to this offset it has, or is not owed. */
  readonly after: number;
}

/**
 * One client that listens. First it is told what it has missed, as fast as it reads; then what comes. Its place moves with the log,
 * also where nothing concerned it, so that it is never told of a gap that was none.
 */
export class Connection {
  readonly stream: EventStream;
  readonly interest: Interest;
  readonly #log: FrameLog;
  readonly #dialect: Dialect;
  readonly #over = new AbortController();
  #position: number;
  #live = false;

  constructor(stream: EventStream, { log, interest, dialect, after }: ConnectionOptions) {
    this.stream = stream;
    this.interest = interest;
    this.#log = log;
    this.#dialect = dialect;
    this.#position = after;
    void stream.ended.then(() => this.#over.abort());
  }

  /** What marks the place up to which it has everything. */
  get place(): string {
    return frameId(this.#log.epoch, this.#live ? Math.max(this.#position, this.#log.last) : this.#position);
  }

  /** A frame that is in no log. */
  say(event: string, data: unknown, more: { readonly id?: string; readonly retry?: number } = {}): void {
    this.stream.write(framed(this.#dialect, event, JSON.stringify(data), more));
  }

  /** Tells what is missing, then takes what comes. Resolves when it does; throws what the log throws. */
  async catchUp(): Promise<void> {
    const { signal } = this.#over;
    for (;;) {
      if (signal.aborted) return;
      const last = this.#log.last;
      if (this.#position >= last) {
        this.#live = true;
        return;
      }
      for await (const each of this.#log.replay(this.interest, this.#position, signal)) {
        if (!(await this.stream.room())) return;
        if (each === 'gap') this.lost('gap');
        else if (each.offset > this.#position) {
          this.#position = each.offset;
          this.stream.write(new Outgoing(each, this.#log.epoch).in(this.#dialect));
        }
      }
      this.#position = Math.max(this.#position, last);
    }
  }

  /** While it is live. */
  take(frame: Outgoing): void {
    const { told } = frame;
    if (!this.#live || told.offset <= this.#position || !concerns(this.interest, told)) return;
    this.#position = told.offset;
    this.stream.write(frame.in(this.#dialect));
  }

  /** Something was lost: what the client knows must be asked for anew. */
  lost(reason: 'gap' | 'restart'): void {
    this.say('reset', { reason }, { id: this.place });
  }

  /** The log lost something, or is another one. Who is still being told of the old one has to come back. */
  broken(reason: 'gap' | 'restart'): void {
    if (!this.#live) return this.stream.close();
    if (reason === 'restart') this.#position = 0;
    this.lost(reason);
  }

  ping(): Uint8Array {
    return pingFrame(this.#dialect, this.place);
  }
}

/** The same for all who are at one place, who are most. */
const pings = new Map<string, Uint8Array>();

function pingFrame(dialect: Dialect, place: string): Uint8Array {
  const key = `${dialect} ${place}`;
  const known = pings.get(key);
  if (known !== undefined) return known;
  const made = framed(dialect, 'ping', '{}', { id: place });
  pings.clear();
  pings.set(key, made);
  return made;
}
