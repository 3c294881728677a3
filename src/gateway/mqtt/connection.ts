import type { MqttInput } from '../../config/views/gateway-config/mqtt-config.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import { nextTurn } from '../../time/turn.ts';
import { type AskedFilter, filtersOf } from './filters.ts';
import type { MqttMessage, MqttProperties } from './message.ts';
import type { ConnectedPacket, MqttClient, MqttPackage, PublishPacket } from './package.ts';
import type { MqttSettings } from './settings.ts';

/** A message, and how to say that it was taken. */
export interface Arrived {
  readonly message: MqttMessage;
  /** While it is false, the broker sends it again by itself. */
  isCurrent(): boolean;
  /** PUBACK or PUBREC; nothing at QoS 0, or when the connection is another one. */
  acknowledge(): void;
  /** The next message may be read. Every message says so once, at once or later. */
  readNext(): void;
}

export type ConnectionNews =
  /** And the broker knows what is to be read. */
  | { readonly kind: 'connected'; readonly sessionPresent: boolean }
  | { readonly kind: 'disconnected'; readonly reason: string; readonly againMs: number }
  /** The broker does not let us read this. */
  | { readonly kind: 'refused'; readonly filter: string; readonly reason: string };

export interface Outgoing {
  readonly topic: string;
  readonly text: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Of version 5; left out with 3.1.1. */
  readonly properties?: MqttProperties | undefined;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A connection that held so long was a good one. */
const GOOD_MS = 10_000;
/** Published and not confirmed, at most. */
const MOST_OUTGOING = 10_000;
const PUBACK = 0x40;
const PUBREC = 0x50;
const FAILED = 0x80;
const TAKEN_OVER = 0x8e;
/** How the package is told that nothing is acknowledged now. It says so as an error, which is none. */
const HELD = new Error('acknowledged later');

/**
 * One connection to a broker, made again for ever. The package reads, keeps alive and publishes; when a message is
 * acknowledged, when to dial and what to read is decided here. An acknowledgement without a reason is the same four bytes in both
 * versions, so many leave in one write.
 */
export class MqttConnection {
  readonly #input: MqttInput;
  readonly #clock: Clock;
  readonly #client: MqttClient;
  readonly #arrived: (arrived: Arrived) => void;
  readonly #news: (news: ConnectionNews) => void;
  readonly #filters: readonly AskedFilter[];
  #generation = 0;
  #subscribed = false;
  #up = false;
  #closing = false;
  #failures = 0;
  #connectedAt = 0;
  #why: string | undefined;
  #timer: Timer | undefined;
  #acks: number[] = [];
  #outgoing = 0;
  #drained: (() => void) | undefined;

  constructor(
    { connect }: MqttPackage,
    input: MqttInput,
    { options }: MqttSettings,
    clock: Clock,
    hear: { arrived(arrived: Arrived): void; news(news: ConnectionNews): void },
  ) {
    this.#input = input;
    this.#clock = clock;
    this.#arrived = (arrived) => hear.arrived(arrived);
    this.#news = (news) => hear.news(news);
    this.#filters = filtersOf(input);
    this.#client = connect(input.url, options);
    const client = this.#client;
    client.options.customHandleAcks = (_topic, _payload, packet, done) => this.#take(packet, () => done(HELD));
    client.handleMessage = (packet, done) => this.#take(packet, done);
    client.on('connect', (packet) => this.#connected(packet));
    client.on('close', () => this.#closed());
    client.on('disconnect', ({ reasonCode }) => {
      this.#why = farewell(reasonCode);
    });
    client.on('error', (error) => {
      if (error !== HELD) this.#why = error.message || String((error as NodeJS.ErrnoException).code);
    });
  }

  get up(): boolean {
    return this.#up;
  }

  /** Begins to dial. */
  open(): void {
    this.#dial();
  }

  /** Resolves when the broker has it, rejects when it will not. Whatever is not confirmed when the connection breaks is sent again. */
  publish({ topic, text, qos, retain, properties }: Outgoing): Promise<void> {
    if (this.#closing || this.#outgoing >= MOST_OUTGOING) {
      return Promise.reject(new Error(this.#closing ? 'the connection is closed' : 'too much waits for the broker'));
    }
    this.#outgoing += 1;
    const options = { qos, retain, ...(this.#input.version === '5' && properties !== undefined && { properties }) };
    return new Promise<void>((resolve, reject) => {
      this.#client.publish(topic, text, options, (error) => {
        this.#outgoing -= 1;
        if (this.#outgoing === 0) this.#drained?.();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Nothing is read any more: what comes from now on is for another session of ours. */
  stopTaking(): void {
    this.#closing = true;
  }

  /** Waits for what was published, then says goodbye; the broker keeps the session. */
  async close(ms: number): Promise<void> {
    this.#closing = true;
    this.#clock.cancel(this.#timer);
    this.#sendAcks();
    if (this.#outgoing > 0 && this.#up) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(ms, resolve);
        this.#drained = () => {
          this.#clock.cancel(timer);
          resolve();
        };
      });
    }
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(Math.max(1, ms), () => {
        this.#client.stream.destroy();
        resolve();
      });
      this.#client.end(!this.#up, {}, () => {
        this.#clock.cancel(timer);
        resolve();
      });
    });
    this.#up = false;
  }

  #take(packet: PublishPacket, readNext: () => void): void {
    // Not acknowledged, so it comes again where somebody takes it.
    if (this.#closing) return readNext();
    const generation = this.#generation;
    const { topic, payload, qos, retain, dup, messageId, properties = {} } = packet;
    const packetId = qos === 0 ? undefined : messageId;
    this.#arrived({
      message: { topic, payload, qos, retained: retain, duplicate: dup, packetId, properties },
      isCurrent: () => this.#up && generation === this.#generation,
      acknowledge: () => {
        if (packetId === undefined || generation !== this.#generation || !this.#up) return;
        if (this.#acks.length === 0) nextTurn(() => this.#sendAcks());
        this.#acks.push(qos === 2 ? PUBREC : PUBACK, 2, packetId >> 8, packetId & 0xff);
      },
      readNext,
    });
  }

  #sendAcks(): void {
    const bytes = Uint8Array.from(this.#acks);
    this.#acks = [];
    if (bytes.length > 0 && this.#up) this.#client.stream.write(bytes);
  }

  #connected({ sessionPresent }: ConnectedPacket): void {
    this.#up = true;
    this.#connectedAt = this.#clock.elapsed();
    this.#why = undefined;
    // A session that has it need not be told again, and would send all that is retained once more.
    if (sessionPresent && this.#subscribed) this.#news({ kind: 'connected', sessionPresent });
    else this.#subscribe(sessionPresent);
  }

  #subscribe(sessionPresent: boolean): void {
    const generation = this.#generation;
    const topics = Object.fromEntries(
      // 5: what is retained is sent only where the session did not have it.
      this.#filters.map(({ wire, qos }) => [wire, { qos, ...(this.#input.version === '5' && { rh: 1 }) }]),
    );
    this.#client.subscribe(topics, (error, granted = []) => {
      if (generation !== this.#generation || this.#closing) return;
      const refused = granted.filter(({ qos }) => qos >= FAILED);
      this.#subscribed = !error && refused.length === 0;
      this.#news({ kind: 'connected', sessionPresent });
      if (this.#subscribed) return;
      const all = refused.length > 0 ? refused.map(({ topic }) => topic) : this.#filters.map(({ wire }) => wire);
      for (const filter of all)
        this.#news({ kind: 'refused', filter, reason: error?.message ?? 'the broker refuses it' });
      // Rights may be given later.
      this.#timer = this.#clock.after(LONGEST_PAUSE_MS, () => {
        if (this.#up && generation === this.#generation) this.#subscribe(sessionPresent);
      });
    });
  }

  #closed(): void {
    const wasUp = this.#up;
    this.#up = false;
    this.#acks = [];
    this.#generation += 1;
    if (this.#closing) return;
    this.#clock.cancel(this.#timer);
    if (wasUp && this.#clock.elapsed() - this.#connectedAt >= GOOD_MS) this.#failures = 0;
    const againMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#news({ kind: 'disconnected', reason: this.#why ?? 'the broker closed the connection', againMs });
    this.#timer = this.#clock.after(againMs, () => this.#dial());
  }

  /** Also again: what was published stays with the client. What is thrown at once (a certificate that is none) is a failure like any other. */
  #dial(): void {
    try {
      this.#client.connect();
    } catch (thrown) {
      this.#why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#closed();
    }
  }
}

function farewell(reason: number | undefined): string {
  if (reason === TAKEN_OVER) return 'another client took over its client_id: give each replica its own';
  return `the broker ended the connection with reason 0x${(reason ?? 0).toString(16)}`;
}
