import { createHash } from 'node:crypto';
import type { Message } from '../../transport/transport.ts';

const MOST = 10_000;

/**
 * Keys for messages that have no ids: the same for the same message on every replica, another for the same text said again. A replica
 * that began later counts from its own beginning: the worst is that what was said twice is told once.
 */
export class Occurrences {
  readonly #counts = new Map<string, number>();

  key({ subject, data }: Pick<Message, 'subject' | 'data'>): string {
    const digest = createHash('sha256').update(subject).update(' ').update(data).digest('base64url').slice(0, 22);
    const count = (this.#counts.get(digest) ?? 0) + 1;
    this.#counts.delete(digest);
    this.#counts.set(digest, count);
    if (this.#counts.size > MOST) this.#counts.delete(this.#counts.keys().next().value ?? digest);
    return `${digest}.${count}`;
  }
}
