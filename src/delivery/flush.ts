import { type HeddleError, isHeddleError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import { JETSTREAM_API } from './captured.ts';

const LOSSES: ReadonlySet<string> = new Set(['connection_lost', 'connection_closed']);

/**
 * One confirmation of the server for everybody who asks meanwhile: a thousand tasks in flight need no thousand pings. Who
 * asks while one is under way gets the next, because the ping of the first may have left before his message.
 */
export class SharedFlush {
  readonly #transport: Transport;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  flush(): Promise<void> {
    if (this.#running === undefined) return this.#run();
    this.#next ??= this.#running.then(
      () => this.#run(),
      (thrown: unknown) => this.#afterFailure(thrown),
    );
    return this.#next;
  }

  /**
   * Who asked meanwhile had published before a connection was lost, and only the first flush after a loss tells of it: the next one
   * would confirm what never arrived.
   */
  #afterFailure(thrown: unknown): Promise<void> {
    if (!isHeddleError(thrown) || !LOSSES.has(thrown.code)) return this.#run();
    this.#next = undefined;
    throw thrown;
  }

  #run(): Promise<void> {
    this.#next = undefined;
    // Who published learns by the subject what was refused: it is no matter of the others who share this.
    const running = landed(this.#transport).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}

/** Resolves when the server has had its word about all that left, whatever of it it refused. Throws when the connection was lost. */
export async function landed(transport: Transport): Promise<void> {
  try {
    await transport.flush();
  } catch (thrown) {
    // The server answered all the same, and said before what it refused.
    if (!isHeddleError(thrown) || thrown.code !== 'permission_denied') throw thrown;
  }
}

/**
 * A flush for messages to these subjects: tells which of them were refused, and why. What else was refused meanwhile on this
 * connection is no matter of theirs. Throws when the connection was lost. `flush`: one that is shared with others.
 */
export async function flushTo(
  transport: Transport,
  subjects: ReadonlySet<string>,
  flush: () => Promise<void> = () => landed(transport),
): Promise<ReadonlyMap<string, HeddleError>> {
  const refused = new Map<string, HeddleError>();
  const undo = transport.onEvent((event) => {
    if (event.kind !== 'permission' || event.operation !== 'publish') return;
    if (subjects.has(event.subject)) refused.set(event.subject, event.error);
  });
  try {
    await flush();
  } finally {
    undo();
  }
  return refused;
}

/**
 * A flush that lets refused subscriptions pass: a user who may only publish can still send, and who subscribed hears of it
 * from the `permission` event. So does who asked JetStream something. A refused publish, and a lost connection, is thrown.
 */
export async function flushPublished(transport: Transport): Promise<void> {
  let refused: HeddleError | undefined;
  let pardoned = 0;
  const undo = transport.onEvent((event) => {
    if (event.kind !== 'permission') return;
    if (event.operation === 'subscribe' || event.subject.startsWith(JETSTREAM_API)) pardoned += 1;
    else refused ??= event.error;
  });
  try {
    await transport.flush();
  } catch (thrown) {
    if (refused !== undefined) throw refused;
    if (pardoned === 0 || (thrown as HeddleError).code !== 'permission_denied') throw thrown;
  } finally {
    undo();
  }
}
