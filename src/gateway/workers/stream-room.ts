import type { Family } from '../../http/prometheus.ts';
import type { WorkQueue } from '../../store/work-queue.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import type { GatewayEvent } from '../events.ts';
import { gauge } from '../metrics.ts';

const EVERY_MS = 5_000;
/** With less of its room left, the next task may be the one that does not fit. */
const SPARE = 0.01;

interface Room {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly messages: number;
}

/**
 * How full the streams are in which tasks are kept. The server refuses what does not fit, and tells neither the router, which sends
 * it, nor us: so it is looked for.
 */
export class StreamRoom {
  readonly #queues: ReadonlyMap<string, WorkQueue>;
  readonly #clock: Clock;
  readonly #log: (event: GatewayEvent) => void;
  /** By type; none before the first look. */
  readonly #rooms = new Map<string, Room>();
  readonly #full = new Set<string>();
  #timer: Timer | undefined;

  constructor(queues: ReadonlyMap<string, WorkQueue>, clock: Clock, log: (event: GatewayEvent) => void) {
    this.#queues = queues;
    this.#clock = clock;
    this.#log = log;
  }

  async open(): Promise<void> {
    if (this.#queues.size === 0) return;
    await this.#look();
    this.#timer = this.#clock.every(EVERY_MS, () => void this.#look());
    this.#clock.unref(this.#timer);
  }

  isFull(type: string): boolean {
    return this.#full.has(type);
  }

  /** For probes: it is no reason to send nothing here, because workers make room by answering. */
  get state() {
    return [...this.#rooms].map(([type, { bytes, maxBytes, messages }]) => ({
      task_type: type,
      stream: this.#nameOf(type),
      tasks: messages,
      bytes,
      max_bytes: maxBytes,
      full: this.isFull(type),
      reason: this.isFull(type) ? `the stream is full: new tasks of ${type} are refused, and nobody is told` : null,
    }));
  }

  families(): readonly Family[] {
    const of = (what: (room: Room) => number) =>
      [...this.#rooms].map(([type, room]) => [{ type }, what(room)] as const);
    return [
      gauge(
        'worker_stream_bytes',
        'Tasks that a stream keeps, in bytes.',
        of(({ bytes }) => bytes),
      ),
      gauge(
        'worker_stream_max_bytes',
        'What it takes at most; then it refuses tasks.',
        of(({ maxBytes }) => maxBytes),
      ),
      gauge(
        'worker_stream_full',
        '1 while a stream refuses tasks, of which their senders hear nothing.',
        [...this.#rooms.keys()].map((type) => [{ type }, this.isFull(type) ? 1 : 0]),
      ),
    ];
  }

  close(): void {
    this.#clock.cancel(this.#timer);
  }

  async #look(): Promise<void> {
    await Promise.all([...this.#queues].map(([type, queue]) => this.#lookAt(type, queue)));
  }

  async #lookAt(type: string, queue: WorkQueue): Promise<void> {
    // While the bus is away nothing is known; what was known is soon asked again.
    const room = await queue.room().catch(() => undefined);
    if (room === undefined) return;
    this.#rooms.set(type, room);
    const { bytes, maxBytes, messages } = room;
    const mean = messages === 0 ? 0 : bytes / messages;
    const full = maxBytes > 0 && maxBytes - bytes < Math.max(mean, maxBytes * SPARE);
    if (full === this.#full.has(type)) return;
    if (full) this.#full.add(type);
    else this.#full.delete(type);
    this.#log({ kind: 'work_stream', stream: queue.name, workerType: type, full, bytes, maxBytes });
  }

  #nameOf(type: string): string {
    return this.#queues.get(type)?.name ?? '';
  }
}
