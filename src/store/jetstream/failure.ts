import { JetStreamApiError } from '@nats-io/jetstream';
import { HeddleError, isHeddleError } from '../../errors.ts';
import { StoreRefused, tooLarge } from '../failure.ts';

/** The codes of the server that mean something to us. */
export const CODE = {
  consumerNotFound: 10014,
  streamNameInUse: 10058,
  streamNotFound: 10059,
  otherStream: 10060,
  messageTooLarge: 10054,
} as const;
const NOT_ENABLED: readonly number[] = [10039, 10076];
const WRONG_REVISION: readonly number[] = [10071, 10164];
/** Of the HTTP kind: it cannot now, and may later. */
const UNAVAILABLE = 503;

/** Does not say that it has none: it has none for this user, or not there, or does not answer. */
export function noJetStream(url: string): HeddleError {
  return new HeddleError('no_match', `${url} keeps no messages: JetStream is not enabled for this user there`, {
    hint: 'Without it only what comes from now on can be shown. In nats-server: jetstream { store_dir: ... }, then a stream that captures the subjects.',
  });
}

export function apiCodeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

/** Nobody answered, or nobody who knows of streams. */
export function isNotEnabled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof JetStreamApiError) {
    return NOT_ENABLED.includes(error.code) || /jetstream not enabled/i.test(error.message);
  }
  return error.name === 'JetStreamNotEnabled';
}

/** The value is not of the revision that was expected, or is there though none was. */
export function isWrongRevision(error: unknown): boolean {
  return error instanceof JetStreamApiError && WRONG_REVISION.includes(error.code);
}

/** A server that has just begun, or elects a leader, says so and can soon. */
export function mayPass(error: unknown): boolean {
  if (isNotEnabled(error) || isTimeout(error)) return true;
  if (error instanceof JetStreamApiError) return error.status === UNAVAILABLE;
  return isHeddleError(error) && error.code === 'connection_lost';
}

export function isTimeout(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'TimeoutError' || (isHeddleError(error) && error.code === 'timeout'))
  );
}

/** An error of the packages in words. `asked` is the subject of the API that was asked. */
export function inWords(error: unknown, url: string, asked: string): HeddleError {
  if (isHeddleError(error)) return error;
  // Where somebody listens to everything, the server cannot say that nobody answers.
  if (isNotEnabled(error) || isTimeout(error)) return noJetStream(url);
  if (error instanceof JetStreamApiError) {
    const said = error.message.slice(0, 200);
    return new StoreRefused(said, asked, { cause: error, retryable: mayPass(error) });
  }
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return new HeddleError('store_failed', `the answer to ${asked} cannot be read`, { cause: error });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new HeddleError('store_failed', `${asked} failed: ${why}`, { cause: error });
}

/** For what is written: the server says that it is too large without saying how large it may be. */
export function writeInWords(error: unknown, url: string, asked: string, bytes: number, most: number): HeddleError {
  if (apiCodeOf(error) === CODE.messageTooLarge) return tooLarge(asked, bytes, most);
  if (isTimeout(error)) {
    return new HeddleError('timeout', `${url} did not confirm ${asked} in time; it may be kept or not`, {
      hint: 'Appended again with the same id, a message is kept once.',
      cause: error,
      retryable: true,
    });
  }
  return inWords(error, url, asked);
}
