import type { Clock, Timer } from '../time/clock.ts';
import type { HttpLimits } from './limits.ts';
import type { WithdrawnFor } from './tenure.ts';

/** One event of a stream (`text/event-stream`). */
export interface Frame {
  /** The name that a browser dispatches it by; default `message`. */
  readonly event?: string | undefined;
  /** Comes back as Last-Event-ID when the client returns. */
  readonly id?: string | undefined;
  /** How long the client waits before it returns, in milliseconds. */
  readonly retry?: number | undefined;
  readonly data?: string | undefined;
  /** Seen by nobody: keeps the connection alive. */
  readonly comment?: string | undefined;
}

/** To be encoded once and written to many. */
export function encodeFrame({ event, id, retry, data, comment }: Frame): Uint8Array {
  let text = '';
  if (comment !== undefined) for (const line of linesOf(comment)) text += `: ${line}\n`;
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`;
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`;
  if (retry !== undefined) text += `retry: ${Math.max(0, Math.round(retry))}\n`;
  if (data !== undefined) for (const line of linesOf(data)) text += `data: ${line}\n`;
  return Buffer.from(`${text}\n`);
}

/** Each of the three line ends of the format begins a new line. */
function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

function oneLine(what: string, text: string): string {
  // A client ignores an id with NUL as a whole.
  if (/[\r\n\0]/.test(text)) throw new RangeError(`the ${what} of an event is one line without NUL`);
  return text;
}

export interface EventStreamOptions {
  /** Default: a comment each 20 s. A function is asked each time, for bytes from `encodeFrame`. */
  readonly heartbeat?: { readonly everyMs: number; readonly frame: Frame | (() => Uint8Array) } | undefined;
  /** The last frame when the server drains. Default: the event `bye`. */
  readonly bye?: Frame | undefined;
  /** The last frame when whoever listens may do so no more. Default: the event `bye` with the reason. */
  readonly dismissal?: ((reason: WithdrawnFor) => Frame) | undefined;
  /** Further headers of the answer, in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Why a stream ended: its client left; too much waited for a reader that is too slow (`overflow`), or nothing moved at all
 * (`stalled`); the server drains; or it was closed here.
 */
export type StreamEnd = 'left' | 'overflow' | 'stalled' | 'drained' | 'closed';

/** Where the bytes go. */
export interface StreamPipe {
  /** `taken` is called when these bytes have left the process. */
  write(bytes: Uint8Array, taken: () => void): void;
  /** No more will come; what waits is sent. */
  end(): void;
  /** At once, with what waits. */
  destroy(): void;
}

const DEFAULT_HEARTBEAT = { everyMs: 20_000, frame: { comment: 'alive' } };
const NOTHING = new Uint8Array();
const DEFAULT_BYE: Frame = { event: 'bye', data: '{}' };

const DEFAULT_DISMISSAL = (reason: WithdrawnFor): Frame => ({ event: 'bye', data: JSON.stringify({ reason }) });

/** Events to one client. What it does not read is bounded: over the bound it is closed, and comes back where it was. */
export class EventStream {
  /** What a returning client has seen last. */
  readonly lastEventId: string | undefined;
  /** Settles when it has ended. Never rejects. */
  readonly ended: Promise<StreamEnd>;
  readonly #pipe: StreamPipe;
  readonly #limits: Pick<HttpLimits, 'streamBytes' | 'streamFrames' | 'streamStallMs'>;
  readonly #clock: Pick<Clock, 'elapsed' | 'every' | 'cancel'>;
  readonly #bye: Frame;
  readonly #dismissal: (reason: WithdrawnFor) => Frame;
  readonly #heart: Timer;
  readonly #taken = (): void => this.#forget();
  /** The sizes of what waits, oldest first. */
  #waiting: number[] = [];
  #unsent = 0;
  /** When something left last, or began to wait. */
  #movedAt = 0;
  #written = 0;
  #untaken = 0;
  #end: StreamEnd | undefined;
  /** Those who have more to write than may wait. */
  #wanting: (() => void)[] = [];
  #tell: (end: StreamEnd) => void = () => {};

  constructor(
    pipe: StreamPipe,
    limits: Pick<HttpLimits, 'streamBytes' | 'streamFrames' | 'streamStallMs'>,
    clock: Pick<Clock, 'elapsed' | 'every' | 'cancel'>,
    { heartbeat = DEFAULT_HEARTBEAT, bye = DEFAULT_BYE, dismissal = DEFAULT_DISMISSAL }: EventStreamOptions = {},
    lastEventId?: string,
  ) {
    this.#pipe = pipe;
    this.#limits = limits;
    this.#clock = clock;
    this.#bye = bye;
    this.#dismissal = dismissal;
    this.lastEventId = lastEventId;
    this.ended = new Promise((resolve) => {
      this.#tell = resolve;
    });
    const { frame } = heartbeat;
    const fixed = typeof frame === 'function' ? undefined : encodeFrame(frame);
    const beat = typeof frame === 'function' ? frame : () => fixed ?? NOTHING;
    this.#heart = clock.every(heartbeat.everyMs, () => this.#beat(beat()));
  }

  /** Bytes and frames that wait for the reader. */
  get unsent(): { readonly bytes: number; readonly frames: number } {
    return { bytes: this.#unsent, frames: this.#waiting.length };
  }

  /** Frames that had not left this process when it ended. */
  get untaken(): number {
    return this.#end === undefined ? 0 : this.#untaken;
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Bytes of all frames so far. */
  get written(): number {
    return this.#written;
  }

  /** False when the stream has ended, or ends because of this frame. */
  send(frame: Frame): boolean {
    return this.write(encodeFrame(frame));
  }

  /** The same with a frame from `encodeFrame`. */
  write(frame: Uint8Array): boolean {
    if (this.#end !== undefined) return false;
    const { streamBytes, streamFrames } = this.#limits;
    if (this.#unsent + frame.length > streamBytes || this.#waiting.length >= streamFrames) {
      this.end('overflow');
      return false;
    }
    if (this.#waiting.length === 0) this.#movedAt = this.#clock.elapsed();
    this.#waiting.push(frame.length);
    this.#unsent += frame.length;
    this.#written += frame.length;
    this.#pipe.write(frame, this.#taken);
    return true;
  }

  /**
   * For whoever has more to write than may wait: resolves when less than half of that waits, which is at once as a rule. False when
   * the stream has ended.
   */
  async room(): Promise<boolean> {
    while (this.#end === undefined && !this.#hasRoom) await new Promise<void>((go) => this.#wanting.push(go));
    return this.#end === undefined;
  }

  close(): void {
    this.end('closed');
  }

  /** Ends with a last frame that says why whoever listens may do so no more. */
  dismiss(reason: WithdrawnFor): void {
    this.send(this.#dismissal(reason));
    this.close();
  }

  /** The first reason counts. */
  end(why: StreamEnd): void {
    if (this.#end !== undefined) return;
    if (why === 'drained') this.send(this.#bye);
    if (this.#end !== undefined) return;
    this.#end = why;
    this.#clock.cancel(this.#heart);
    if (why === 'overflow' || why === 'stalled') this.#pipe.destroy();
    else if (why !== 'left') this.#pipe.end();
    // What waits when it is closed here is sent.
    this.#untaken = why === 'closed' || why === 'drained' ? 0 : this.#waiting.length;
    this.#waiting = [];
    this.#unsent = 0;
    this.#tell(why);
    this.#letIn();
  }

  get #hasRoom(): boolean {
    const { streamBytes, streamFrames } = this.#limits;
    return this.#unsent < streamBytes / 2 && this.#waiting.length < streamFrames / 2;
  }

  #letIn(): void {
    const all = this.#wanting;
    this.#wanting = [];
    for (const go of all) go();
  }

  #forget(): void {
    this.#unsent -= this.#waiting.shift() ?? 0;
    this.#movedAt = this.#clock.elapsed();
    if (this.#wanting.length > 0 && this.#hasRoom) this.#letIn();
  }

  #beat(frame: Uint8Array): void {
    const still = this.#clock.elapsed() - this.#movedAt;
    if (this.#waiting.length > 0 && still >= this.#limits.streamStallMs) this.end('stalled');
    else this.write(frame);
  }
}
