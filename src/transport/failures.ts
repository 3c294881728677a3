import { type ErrorDetails, HeddleError } from '../errors.ts';
import type { Transport } from './transport.ts';

// What every home of the bus says, in the same words, when it cannot do what was asked.

/** `raise`: what would have to be raised for it. */
export function tooLarge({ url, info }: Transport, subject: string, size: number, raise: string): HeddleError {
  return new HeddleError(
    'payload_too_large',
    `a message of ${size} bytes to ${JSON.stringify(subject)} is more than ${url} takes (${info.maxPayload} bytes with headers)`,
    { hint: `Send a reference to the data instead, or raise ${raise}.`, retryable: false },
  );
}

export function connectionClosed(url: string): HeddleError {
  return new HeddleError('connection_closed', `the connection to ${url} is closed`);
}

/** `uncertain` messages were sent and not confirmed, `held` ones were not sent. */
export function connectionLost(url: string, uncertain: number, held = 0, details: ErrorDetails = {}): HeddleError {
  const fate = uncertain === 0 ? '' : `; ${messages(uncertain)} may or may not have arrived`;
  const rest = held === 0 ? '' : `; ${messages(held)} not sent yet`;
  return new HeddleError('connection_lost', `the connection to ${url} was lost${fate}${rest}`, {
    ...details,
    retryable: true,
  });
}

export function handlerFailed(pattern: string, cause: unknown): HeddleError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new HeddleError('internal', `the handler of ${JSON.stringify(pattern)} failed: ${text}`, { cause });
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}
