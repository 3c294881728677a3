import type { Socket } from 'node:net';
import type { Clock, Timer } from '../time/clock.ts';
import { type Admission, ANYBODY, type Gate } from './gate.ts';
import { type Introduction, objection, readIntroduction, UNINTRODUCED } from './introduction.ts';
import { Link } from './link.ts';
import type { BrokerSettings } from './options.ts';
import { Pulse } from './pulse.ts';
import { type Commands, Reader } from './reader.ts';
import { type Letter, type Route, type Routes, roomOf } from './routes.ts';
import { readSubject } from './text.ts';

/** What the rest of the broker does for a client. */
export interface Surroundings {
  readonly settings: BrokerSettings;
  readonly gate: Gate;
  readonly routes: Routes<Client>;
  /** It has output; all that have are flushed together. */
  touched(client: Client): void;
  gone(client: Client, reason: string): void;
}

export interface Traffic {
  inMessages: number;
  inBytes: number;
  outMessages: number;
  outBytes: number;
}

/** In bytes, as a NATS server takes it. */
const LONGEST_LINE = 4096;
const NOBODY_LISTENS = 'NATS/1.0 503\r\n\r\n';

/** One client: what it said of itself, what it may do, what it subscribed to, and the answers to its commands. */
export class Client implements Commands {
  readonly id: number;
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly pulse: Pulse;
  readonly routes = new Map<string, Route<Client>>();
  readonly traffic: Traffic = { inMessages: 0, inBytes: 0, outMessages: 0, outBytes: 0 };
  introduction: Introduction = UNINTRODUCED;
  admission: Admission = ANYBODY;

  readonly #link: Link;
  readonly #reader: Reader;
  readonly #around: Surroundings;
  readonly #clock: Clock;
  /** May say more than CONNECT. */
  #admitted: boolean;
  #patience: Timer | undefined;

  constructor(id: number, socket: Socket, around: Surroundings) {
    this.id = id;
    this.ip = socket.remoteAddress ?? '';
    this.port = socket.remotePort ?? 0;
    this.#clock = around.settings.clock;
    this.start = this.#clock.now();
    this.pulse = new Pulse(this.#clock);
    this.#around = around;
    this.#admitted = !around.gate.guarded;
    this.#reader = new Reader(this, LONGEST_LINE);
    this.#link = new Link(socket, around.settings, {
      heard: (chunk) => this.#listen(chunk),
      touched: () => around.touched(this),
      ended: (reason) => this.#end(reason),
    });
  }

  get pending(): number {
    return this.#link.pending;
  }

  get closed(): boolean {
    return this.#link.closed;
  }

  greet(info: string): void {
    this.#link.write(`INFO ${info}\r\n`);
  }

  flush(): void {
    this.#link.flush();
  }

  /** Takes nothing and says nothing while frozen; its time to introduce itself does not pass either. */
  freeze(frozen: boolean): void {
    this.#clock.cancel(this.#patience);
    if (!frozen && !this.#admitted && !this.closed) {
      const words = 'Authentication Timeout';
      this.#patience = this.#clock.after(this.#around.settings.authTimeoutMs, () => this.refuse(words, words));
    }
    this.#link.freeze(frozen);
  }

  /** Asks whether it is still there; cuts off who left too many questions open. */
  checkAlive(): void {
    const found = this.pulse.look(this.#around.settings.maxPingsOut);
    if (found === 'gone') this.refuse('Stale Connection', 'Stale Connection');
    else if (found === 'ask') this.#link.write('PING\r\n');
  }

  /** Says why, then closes. */
  refuse(words: string, reason: string): void {
    this.#link.close(reason, `-ERR '${words}'\r\n`);
  }

  /** Without a word; `gently` sends what waits first. */
  close(reason: string, gently = false): void {
    this.#link.close(reason, gently ? '' : undefined);
  }

  endRoute(route: Route<Client>): void {
    this.#around.routes.remove(route);
    this.routes.delete(route.sid);
  }

  send(route: Route<Client>, letter: Letter, from: Client | undefined): void {
    const { headers } = this.introduction;
    const { subject, reply, headerSize } = letter;
    const skipped = headerSize > 0 && !headers ? headerSize : 0;
    const size = letter.size - skipped;
    const to = reply === '' ? `${subject} ${route.sid}` : `${subject} ${route.sid} ${reply}`;
    const head = headerSize > 0 && headers ? `HMSG ${to} ${headerSize} ${size}\r\n` : `MSG ${to} ${size}\r\n`;
    this.traffic.outMessages += 1;
    this.traffic.outBytes += size;
    this.#link.deliver(
      head,
      letter.body,
      letter.start + skipped,
      size + 2,
      from === undefined ? undefined : from.#link,
    );
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
      this.refuse(
        'Authorization Violation',
        `Authentication Failure of ${JSON.stringify(introduction.said.user ?? '')}`,
      );
      return;
    }
    this.admission = admission;
    this.#admitted = true;
    this.#clock.cancel(this.#patience);
    this.pulse.introduced();
    const problem = objection(introduction);
    if (problem === undefined) this.#approve();
    else this.refuse(problem, 'Protocol Violation');
  }

  ping(): void {
    if (this.#may()) this.#link.write('PONG\r\n');
  }

  pong(): void {
    if (this.#may()) this.pulse.answered();
  }

  subscribe(subject: string, queue: string | undefined, sid: string): void {
    if (!this.#may()) return;
    const { permit } = this.admission;
    const wildcards = readSubject(subject);
    if (wildcards === undefined) this.#link.write("-ERR 'Invalid Subject'\r\n");
    else if (permit !== undefined && !permit.maySubscribe(subject, queue)) {
      const to = JSON.stringify(subject);
      this.#forbid('Subscription', queue === undefined ? to : `${to} using queue ${JSON.stringify(queue)}`);
    } else if (!this.routes.has(sid) && this.#isFull({ subject, queue, sid })) {
      this.#link.write("-ERR 'maximum subscriptions exceeded'\r\n");
    } else {
      // A number in use stays what it was.
      if (!this.routes.has(sid)) this.#addRoute(subject, queue, sid, wildcards ? permit?.blinds(subject) : undefined);
      this.#approve();
    }
  }

  unsubscribe(sid: string, max: number): void {
    if (!this.#may()) return;
    const route = this.routes.get(sid);
    if (route !== undefined) {
      route.max = Math.max(0, max);
      if (route.delivered >= route.max) this.endRoute(route);
    }
    this.#approve();
  }

  announce(withHeaders: boolean, size: number): boolean {
    if (!this.#may()) return false;
    const { maxPayload } = this.#around.settings;
    if (withHeaders && !this.introduction.headers) {
      this.refuse('message headers not supported', 'Protocol Violation');
    } else if (size > maxPayload) {
      this.refuse('Maximum Payload Violation', `Maximum Payload Violation: ${size} bytes`);
    }
    return !this.closed;
  }

  publish(subject: string, reply: string, headerSize: number, body: Buffer, start: number, size: number): void {
    const { pedantic, noResponders } = this.introduction;
    this.traffic.inMessages += 1;
    this.traffic.inBytes += size;
    if (pedantic && readSubject(subject) !== false) this.#link.write("-ERR 'Invalid Publish Subject'\r\n");
    const { permit } = this.admission;
    if (permit !== undefined && !permit.mayPublish(subject)) {
      this.#forbid('Publish', JSON.stringify(subject));
      return;
    }
    this.#approve();
    const heard = this.#around.routes.deliver({ subject, reply, headerSize, body, start, size }, this);
    if (heard === 0 && reply !== '' && noResponders) this.#sayNobodyListens(reply);
  }

  broken(words: string): void {
    if (words === '') this.close('Protocol Violation');
    else if (!this.#admitted) this.refuse('Authorization Violation', 'Authentication Failure');
    else this.#link.close(`Protocol Violation: ${words}`, `${words}\r\n`);
  }

  #listen(chunk: Buffer): void {
    this.pulse.heard();
    this.#reader.read(chunk);
  }

  #end(reason: string): void {
    this.#reader.stop();
    this.#clock.cancel(this.#patience);
    for (const route of [...this.routes.values()]) this.endRoute(route);
    this.#around.gone(this, reason);
  }

  /** Who has not introduced itself where that is asked may say nothing else. */
  #may(): boolean {
    if (!this.#admitted) this.refuse('Authorization Violation', 'Authentication Failure');
    return this.#admitted;
  }

  #addRoute(subject: string, queue: string | undefined, sid: string, blind: Route<Client>['blind']): void {
    const route: Route<Client> = { client: this, subject, queue, sid, blind, delivered: 0, max: 0, ended: false };
    this.routes.set(sid, route);
    this.#around.routes.add(route);
  }

  /** Each takes memory, whoever asked for it. */
  #isFull(asked: Pick<Route<Client>, 'subject' | 'queue' | 'sid'>): boolean {
    const limit = this.#limitMet(asked);
    if (limit === undefined) return false;
    const text = `no further subscription (${JSON.stringify(asked.subject.slice(0, 200))}): at most ${limit} are kept`;
    this.#around.settings.log({ level: 'warn', text, clientId: this.id });
    return true;
  }

  #limitMet(asked: Pick<Route<Client>, 'subject' | 'queue' | 'sid'>): string | undefined {
    const { maxSubscriptions, maxTotalSubscriptions, maxTotalSubjectBytes } = this.#around.settings;
    const { routes } = this.#around;
    if (this.routes.size >= maxSubscriptions) return `${maxSubscriptions} of one client`;
    if (routes.size >= maxTotalSubscriptions) return `${maxTotalSubscriptions} of all clients`;
    const room = routes.room + roomOf(asked);
    return room > maxTotalSubjectBytes ? `${maxTotalSubjectBytes} bytes of subjects of all clients` : undefined;
  }

  #approve(): void {
    if (this.introduction.verbose) this.#link.write('+OK\r\n');
  }

  #forbid(what: 'Publish' | 'Subscription', whom: string): void {
    this.#link.write(`-ERR 'Permissions Violation for ${what} to ${whom}'\r\n`);
  }

  #sayNobodyListens(reply: string): void {
    const route = this.#around.routes.waiting(this, reply);
    if (route === undefined) return;
    const size = NOBODY_LISTENS.length;
    this.#link.write(`HMSG ${reply} ${route.sid} ${size} ${size}\r\n${NOBODY_LISTENS}\r\n`);
  }
}
