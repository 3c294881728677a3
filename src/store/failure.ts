import { type ErrorDetails, HeddleError } from '../errors.ts';

/** Nothing is made behind anybody's back: a stream or bucket is there when somebody ensured it. */
export function notThere(kind: 'stream' | 'bucket', name: string, where: string): HeddleError {
  return new HeddleError('no_match', `there is no ${kind} ${JSON.stringify(name)} in ${where}`);
}

export function isClosed(kind: 'stream' | 'bucket', name: string): HeddleError {
  return new HeddleError('store_failed', `the ${kind} ${JSON.stringify(name)} was closed`, { retryable: false });
}

export function tooLarge(what: string, bytes: number, most: number): HeddleError {
  return new HeddleError('payload_too_large', `${what} has ${bytes} bytes, more than the ${most} that are allowed`, {
    retryable: false,
  });
}

export function isFull(name: string, most: number): HeddleError {
  return new HeddleError('store_failed', `the bucket ${JSON.stringify(name)} is full: it may hold ${most} bytes`, {
    retryable: true,
  });
}

/** A server understood what it was asked for, and does not do it. */
export class StoreRefused extends HeddleError {
  /** Why, in its own words. */
  readonly said: string;
  readonly asked: string;

  constructor(said: string, asked: string, details: ErrorDetails) {
    super('store_failed', `the server refused: ${said} (${asked})`, details);
    this.said = said;
    this.asked = asked;
  }
}

/** For when a server with streams cannot serve them now. */
export const CHOOSING =
  'In a cluster, the servers may be choosing a leader: that takes some seconds, and more than half of them.';

/** A server that keeps messages did not say what it was asked for. */
export class StoreSilent extends HeddleError {
  constructor(url: string, asked: string) {
    super('store_failed', `${url} did not answer for its streams (${asked})`, {
      hint: CHOOSING,
      retryable: true,
    });
  }
}

/** A server keeps nothing for this user. */
export class NoJetStream extends HeddleError {
  constructor(url: string) {
    super('no_match', `${url} keeps no messages: JetStream is not enabled for this user there`, {
      hint: 'In nats-server: jetstream { store_dir: ... }, then a stream that captures the subjects.',
    });
  }
}
