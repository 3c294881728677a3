import { HeddleError } from '../errors.ts';
import type { PublishOptions } from './transport.ts';

interface Held {
  readonly subject: string;
  readonly data: Uint8Array | string;
  readonly options: PublishOptions | undefined;
}

const MOST_BYTES = 8 * 1024 * 1024;

/** Messages published while the connection is away, in order, until it is back. Bounded: memory is not a queue. */
export class HeldMessages {
  #messages: Held[] = [];
  #bytes = 0;

  get count(): number {
    return this.#messages.length;
  }

  add(subject: string, data: Uint8Array | string, options: PublishOptions | undefined): void {
    const bytes = data.length + subject.length;
    if (this.#bytes + bytes > MOST_BYTES) {
      throw new HeddleError(
        'connection_lost',
        `the connection is away, and ${this.#messages.length} messages already wait for it`,
        { hint: 'Wait for the reconnect before publishing more.', retryable: true },
      );
    }
    this.#bytes += bytes;
    // The caller may use its buffer again long before this is sent; `slice` of a Buffer would only be a view.
    this.#messages.push({ subject, data: typeof data === 'string' ? data : Uint8Array.from(data), options });
  }

  take(): readonly Held[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return messages;
  }
}
