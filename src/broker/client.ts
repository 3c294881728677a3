import type { Socket } from 'node:net';
import { type Admission, ANYBODY, type Gate } from './gate.ts';
import { type Introduction, objection, readIntroduction, UNINTRODUCED } from './introduction.ts';
import type { BrokerSettings } from './options.ts';
import { Outbox } from './outbox.ts';
import { type Commands, Reader } from './reader.ts';
import type { Letter, Route, Routes } from './routes.ts';
import { readSubject } from './subject.ts';

/** What the rest of the broker does for a client. */
export interface Surroundings {
  readonly settings: BrokerSettings;
  readonly gate: Gate;
  readonly routes: Routes;
  /** It has output; all that have are flushed together. */
  touched(client: Client): void;
  gone(client: Client, reason: string): void;
}

/** How long a publisher rests when a receiver of its messages falls far behind. */
const STALL_MS = 100;
/** A receiver is far behind from this part of what may wait for it. */
const STALL_FROM = 0.75;
/** How long the last words to a refused client may take. */
const FAREWELL_MS = 1000;
const NOBODY_LISTENS = 'NATS/1.0 503\r\n\r\n';

export interface Traffic {
  inMessages: number;
  inBytes: number;
  outMessages: number;
  outBytes: number;
}

/** One connection, from INFO to its end. */
export class Client implements Commands {
  readonly id: number;
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970, as are the other times here. */
  readonly start: number;
  readonly routes = new Map<string, Route>();
  readonly traffic: Traffic = { inMessages: 0, inBytes: 0, outMessages: 0, outBytes: 0 };
  lastActivity: number;
  /** Milliseconds; until the first pong it is how long the client took to introduce itself. */
  roundTrip: number | undefined;
  introduction: Introduction = UNINTRODUCED;
  admission: Admission = ANYBODY;

  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #reader: Reader;
  readonly #around: Surroundings;
  /** May say anything but CONNECT. */
  #introduced: boolean;
  #closed = false;
  #frozen = false;
  #stalled = false;
  #timer: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  #pingsOut = 0;
  #pingedAt = 0;
  #heardSincePing = true;

  constructor(id: number, socket: Socket, around: Surroundings) {
    this.id = id;
    this.ip = socket.remoteAddress ?? '';
    this.port = socket.remotePort ?? 0;
    this.start = around.settings.now();
    this.lastActivity = this.start;
    this.#socket = socket;
    this.#around = around;
    this.#outbox = new Outbox(socket);
    this.#reader = new Reader(this, around.settings.maxControlLine);
    this.#introduced = !around.gate.guarded;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('Client Closed'));
    socket.on('close', () => this.close('Client Closed'));
  }

  get pending(): number {
    return this.#outbox.pending;
  }

  get closed(): boolean {
    return this.#closed;
  }

  greet(info: string): void {
    this.#write(`INFO ${info}\r\n`);
    this.#awaitIntroduction();
  }

  flush(): void {
    if (!this.#closed) this.#outbox.flush();
  }

  /** Neither reads nor answers, as a process that was stopped. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    if (frozen) clearTimeout(this.#timer);
    else this.#awaitIntroduction();
    if (frozen || this.#stalled) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Asks whether it is still there; cuts off who left too many questions open. */
  checkAlive(): void {
    const heard = this.#heardSincePing;
    this.#heardSincePing = false;
    if (heard && this.roundTrip !== undefined && this.#pingsOut === 0) return;
    if (this.#pingsOut >= this.#around.settings.maxPingsOut) {
      this.refuse('Stale Connection', 'Stale Connection');
      return;
    }
    this.#pingsOut += 1;
    this.#pingedAt = this.#around.settings.now();
    this.#write('PING\r\n');
  }

  /** Says why, then closes. */
  refuse(words: string, reason: string): void {
    if (this.#closed) return;
    this.#outbox.text(`-ERR '${words}'\r\n`);
    this.#outbox.flush();
    this.close(reason, true);
  }

  /** `gently` lets what was said last reach the client. */
  close(reason: string, gently = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.stop();
    clearTimeout(this.#timer);
    clearTimeout(this.#stallTimer);
    this.#outbox.drop();
    for (const route of [...this.routes.values()]) this.end(route);
    if (gently && !this.#socket.destroyed) this.#leave();
    else this.#socket.destroy();
    this.#around.gone(this, reason);
  }

  end(route: Route): void {
    this.#around.routes.remove(route);
    this.routes.delete(route.sid);
  }

  send(route: Route, letter: Letter, from: Client | undefined): void {
    if (this.#closed) return;
    const { headers } = this.introduction;
    const withHeaders = letter.headerSize > 0 && headers;
    const skipped = letter.headerSize > 0 && !headers ? letter.headerSize : 0;
    const size = letter.size - skipped;
    const to =
      letter.reply === '' ? `${letter.subject} ${route.sid} ` : `${letter.subject} ${route.sid} ${letter.reply} `;
    this.#outbox.text(withHeaders ? `HMSG ${to}${letter.headerSize} ${size}\r\n` : `MSG ${to}${size}\r\n`);
    this.#outbox.bytes(letter.body, letter.start + skipped, size + 2);
    this.traffic.outMessages += 1;
    this.traffic.outBytes += size;
    this.#around.touched(this);
    this.#limit(from);
  }

  // What the client says.

  connect(options: string): void {
    const introduction = readIntroduction(options, this.introduction);
    if (introduction === undefined) {
      this.broken("-ERR 'Invalid Arguments for CONNECT'");
      return;
    }
    this.introduction = introduction;
    const admission = this.#around.gate.admit(introduction.said);
    if (admission === undefined) {
      this.refuse('Authorization Violation', `Authentication Failure of ${JSON.stringify(introduction.said.user)}`);
      return;
    }
    this.admission = admission;
    this.#introduced = true;
    clearTimeout(this.#timer);
    this.roundTrip ??= this.#around.settings.now() - this.start;
    const problem = objection(introduction);
    if (problem === undefined) this.#approve();
    else this.refuse(problem, 'Protocol Violation');
  }

  ping(): void {
    if (this.#known()) this.#write('PONG\r\n');
  }

  pong(): void {
    if (!this.#known()) return;
    if (this.#pingsOut > 0) this.roundTrip = this.#around.settings.now() - this.#pingedAt;
    this.#pingsOut = 0;
  }

  subscribe(subject: string, queue: string | undefined, sid: string): void {
    if (!this.#known()) return;
    const { permit } = this.admission;
    const wildcards = readSubject(subject);
    if (wildcards === undefined) this.#write("-ERR 'Invalid Subject'\r\n");
    else if (permit !== undefined && !permit.maySubscribe(subject, queue)) {
      this.#forbid('Subscription', queue === undefined ? `"${subject}"` : `"${subject}" using queue "${queue}"`);
    } else if (!this.routes.has(sid) && this.routes.size >= this.#around.settings.maxSubscriptions) {
      this.#write("-ERR 'maximum subscriptions exceeded'\r\n");
    } else {
      // A number in use stays what it was.
      if (!this.routes.has(sid)) this.#add(subject, queue, sid, wildcards ? permit?.blinds(subject) : undefined);
      this.#approve();
    }
  }

  unsubscribe(sid: string, max: number): void {
    if (!this.#known()) return;
    const route = this.routes.get(sid);
    if (route !== undefined) {
      route.max = Math.max(0, max);
      if (route.delivered >= route.max) this.end(route);
    }
    this.#approve();
  }

  announce(withHeaders: boolean, size: number): boolean {
    if (!this.#known()) return false;
    if (withHeaders && !this.introduction.headers) {
      this.refuse('message headers not supported', 'Protocol Violation');
      return false;
    }
    if (size > this.#around.settings.maxPayload) {
      this.refuse('Maximum Payload Violation', `Maximum Payload Violation: ${size} bytes`);
      return false;
    }
    return true;
  }

  publish(subject: string, reply: string, headerSize: number, body: Buffer, start: number, size: number): void {
    const { pedantic, noResponders } = this.introduction;
    this.traffic.inMessages += 1;
    this.traffic.inBytes += size;
    if (pedantic && readSubject(subject) !== false) this.#write("-ERR 'Invalid Publish Subject'\r\n");
    const { permit } = this.admission;
    if (permit !== undefined && !permit.mayPublish(subject)) {
      this.#forbid('Publish', `"${subject}"`);
      return;
    }
    this.#approve();
    const heard = this.#around.routes.deliver({ subject, reply, headerSize, body, start, size }, this);
    if (heard === 0 && reply !== '' && noResponders) this.#sayNobodyListens(reply);
  }

  broken(words: string): void {
    if (words === '') this.close('Protocol Violation');
    else if (!this.#introduced) this.refuse('Authorization Violation', 'Authentication Failure');
    else if (!this.#closed) {
      this.#outbox.text(`${words}\r\n`);
      this.#outbox.flush();
      this.close(`Protocol Violation: ${words}`, true);
    }
  }

  #take(chunk: Buffer): void {
    if (this.#closed) return;
    this.lastActivity = this.#around.settings.now();
    this.#heardSincePing = true;
    this.#reader.read(chunk);
  }

  /** Whoever has not introduced itself where that is asked may say nothing else. */
  #known(): boolean {
    if (!this.#introduced) this.refuse('Authorization Violation', 'Authentication Failure');
    return this.#introduced;
  }

  #awaitIntroduction(): void {
    clearTimeout(this.#timer);
    if (this.#introduced || this.#closed) return;
    const words = 'Authentication Timeout';
    this.#timer = setTimeout(() => this.refuse(words, words), this.#around.settings.authTimeoutMs);
  }

  #add(subject: string, queue: string | undefined, sid: string, blind: Route['blind']): void {
    const route: Route = { client: this, subject, queue, sid, blind, delivered: 0, max: 0, ended: false };
    this.routes.set(sid, route);
    this.#around.routes.add(route);
  }

  #approve(): void {
    if (this.introduction.verbose) this.#write('+OK\r\n');
  }

  #forbid(what: 'Publish' | 'Subscription', whom: string): void {
    this.#write(`-ERR 'Permissions Violation for ${what} to ${whom}'\r\n`);
  }

  #sayNobodyListens(reply: string): void {
    const route = this.#around.routes.waiting(this, reply);
    if (route === undefined) return;
    const size = NOBODY_LISTENS.length;
    this.#write(`HMSG ${reply} ${route.sid} ${size} ${size}\r\n${NOBODY_LISTENS}\r\n`);
  }

  #write(text: string): void {
    if (this.#closed) return;
    this.#outbox.text(text);
    this.#around.touched(this);
    this.#limit(undefined);
  }

  #limit(from: Client | undefined): void {
    const { maxPending } = this.#around.settings;
    const { pending } = this.#outbox;
    if (pending > maxPending) this.close(`Slow Consumer: more than ${maxPending} bytes pending`);
    else if (from !== undefined && from !== this && pending > maxPending * STALL_FROM) from.#stall();
  }

  /** A fast publisher waits a little for its slow receivers, before these are cut off. */
  #stall(): void {
    if (this.#stalled || this.#closed) return;
    this.#stalled = true;
    this.#socket.pause();
    this.#stallTimer = setTimeout(() => {
      this.#stalled = false;
      if (!this.#frozen) this.#socket.resume();
    }, STALL_MS);
  }

  #leave(): void {
    const socket = this.#socket;
    // Unread input would turn our last words into a reset.
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.once('close', () => clearTimeout(timer));
  }
}
