import { JetStreamApiError } from '@nats-io/jetstream';
import { HeddleError, isHeddleError } from '../../errors.ts';
import type { Transport } from '../../transport/transport.ts';
import { CHOOSING, NoJetStream, StoreRefused, StoreSilent, tooLarge } from '../failure.ts';

/** The codes of the server that mean something to us. */
export const CODE = {
  consumerNotFound: 10014,
  consumerExists: 10148,
  streamNameInUse: 10058,
  streamNotFound: 10059,
  otherStream: 10060,
  messageTooLarge: 10054,
} as const;
const NOT_ENABLED: readonly number[] = [10039, 10076];
/** The last of these is any failure to delete one; its words tell. */
const NO_SUCH_MESSAGE: readonly number[] = [10037, 10043, 10057];
const WRONG_REVISION: readonly number[] = [10071, 10164];
/** Of the HTTP kind: it cannot now, and may later. */
const UNAVAILABLE = 503;

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

/** There is no message of this sequence, or none any more. */
export function isNoSuchMessage(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    NO_SUCH_MESSAGE.includes(error.code) &&
    /EOF|no message found|not found|deleted/i.test(error.message)
  );
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

/** This server has JetStream, or others of its cluster may. */
export function mayHaveStreams({ jetstream, cluster }: Transport['info']): boolean {
  return jetstream || cluster !== undefined;
}

/** An error of the packages in words. `asked` is the subject of the API that was asked. */
export function inWords(error: unknown, { url, info }: Transport, asked: string): HeddleError {
  if (isHeddleError(error)) return error;
  if (isTimeout(error) && mayHaveStreams(info)) return new StoreSilent(url, asked);
  // Where somebody listens to everything, the server cannot say that nobody answers.
  if (isNotEnabled(error) || isTimeout(error)) return new NoJetStream(url);
  if (error instanceof JetStreamApiError) {
    const said = error.message.slice(0, 200);
    const hint = error.status === UNAVAILABLE ? CHOOSING : undefined;
    return new StoreRefused(said, asked, { cause: error, hint, retryable: mayPass(error) });
  }
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return new HeddleError('store_failed', `the answer to ${asked} cannot be read`, { cause: error });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new HeddleError('store_failed', `${asked} failed: ${why}`, { cause: error });
}

/** What was to be written, for the words of its failure. */
export interface Write {
  readonly what: string;
  readonly bytes: number;
  /** What to do when nobody knows whether it is kept. */
  readonly unsure: string;
}

export function writeInWords(error: unknown, bus: Transport, { what, bytes, unsure }: Write): HeddleError {
  const { url, info } = bus;
  // The server says that it is too large without saying how large it may be.
  if (apiCodeOf(error) === CODE.messageTooLarge) return tooLarge(what, bytes, info.maxPayload);
  if (!isTimeout(error)) return inWords(error, bus, what);
  return new HeddleError('timeout', `${url} did not confirm ${what} in time; it may be kept or not`, {
    hint: unsure,
    cause: error,
    retryable: true,
  });
}
