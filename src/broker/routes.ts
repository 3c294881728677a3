import { Sublist } from '../transport/sublist.ts';

/** What the routes must know of those who hear. */
export interface Hearer<C> {
  readonly introduction: { readonly echo: boolean };
  send(route: Route<C>, letter: Letter, from: C | undefined): void;
  endRoute(route: Route<C>): void;
}

/** One SUB of one client. */
export interface Route<C> {
  readonly client: C;
  readonly subject: string;
  readonly queue: string | undefined;
  readonly sid: string;
  /** A wildcard may match what its user must not see. */
  readonly blind: ((subject: string) => boolean) | undefined;
  delivered: number;
  /** Ends after this many messages; 0 is without end. */
  max: number;
  ended: boolean;
}

export interface Letter {
  readonly subject: string;
  /** Empty when no answer is wanted. */
  readonly reply: string;
  /** -1 when it came without headers. */
  readonly headerSize: number;
  /** Headers, data and CRLF. */
  readonly body: Buffer;
  readonly start: number;
  /** Of headers and data. */
  readonly size: number;
}

/** What a subscription takes, roughly, in bytes: each token of its subject may be a level of the tree that nobody else has. */
export function roomOf({ subject, queue, sid }: Pick<Route<unknown>, 'subject' | 'queue' | 'sid'>): number {
  return subject.length + (queue?.length ?? 0) + sid.length + TOKEN_BYTES * subject.split('.').length;
}

const TOKEN_BYTES = 128;

/** Answers a subject in the server's own name. */
export type Service<C> = (data: string, asker: C | undefined) => string;

/** Who hears what. */
export class Routes<C extends Hearer<C>> {
  readonly #list = new Sublist<Route<C>>();
  readonly #services = new Map<string, Service<C>>();
  readonly #random: () => number;
  #room = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  get size(): number {
    return this.#list.size;
  }

  /** What all of them take together, as `roomOf` tells it. */
  get room(): number {
    return this.#room;
  }

  serve(subject: string, service: Service<C>): void {
    this.#services.set(subject, service);
  }

  add(route: Route<C>): void {
    this.#list.insert(route.subject, route, route.queue);
    this.#room += roomOf(route);
  }

  remove(route: Route<C>): void {
    route.ended = true;
    if (this.#list.remove(route.subject, route, route.queue)) this.#room -= roomOf(route);
  }

  /** Returns how many got it. */
  deliver(letter: Letter, from: C | undefined): number {
    const { plain, groups } = this.#list.match(letter.subject);
    let heard = 0;
    for (const route of plain) if (this.#give(route, letter, from)) heard += 1;
    for (const group of groups) if (this.#giveOne(group, letter, from)) heard += 1;
    if (letter.reply !== '' && this.#answer(letter, from)) heard += 1;
    return heard;
  }

  /** Where a "nobody listens" for this reply subject goes: to the one subscription of the asker that waits for it. */
  waiting(asker: C, reply: string): Route<C> | undefined {
    const { plain, groups } = this.#list.match(reply);
    return plain.find((route) => route.client === asker) ?? groups.flat().find((route) => route.client === asker);
  }

  /** Starts anywhere in the group and goes on to the next where one cannot take it. */
  #giveOne(group: readonly Route<C>[], letter: Letter, from: C | undefined): boolean {
    const start = Math.floor(this.#random() * group.length);
    for (let step = 0; step < group.length; step += 1) {
      if (this.#give(group[(start + step) % group.length] as Route<C>, letter, from)) return true;
    }
    return false;
  }

  #give(route: Route<C>, letter: Letter, from: C | undefined): boolean {
    if (route.ended || (route.client === from && !from.introduction.echo) || route.blind?.(letter.subject))
      return false;
    route.delivered += 1;
    if (route.max > 0 && route.delivered >= route.max) route.client.endRoute(route);
    route.client.send(route, letter, from);
    return true;
  }

  #answer(letter: Letter, from: C | undefined): boolean {
    const service = this.#services.get(letter.subject);
    if (service === undefined) return false;
    const skipped = Math.max(0, letter.headerSize);
    const question = letter.body.toString('utf8', letter.start + skipped, letter.start + letter.size);
    const answer = Buffer.from(`${service(question, from)}\r\n`);
    const { reply: subject } = letter;
    this.deliver({ subject, reply: '', headerSize: -1, body: answer, start: 0, size: answer.length - 2 }, undefined);
    return true;
  }
}
