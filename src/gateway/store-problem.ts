import { type HeddleError, isHeddleError } from '../errors.ts';
import { busDown } from './bus.ts';
import { gatewayProblem, RETRY_AFTER_S } from './problems.ts';

/** What is wrong with the store itself, and not with the way to it: it may be gone, or its server silent, on a bus that is there. */
const OF_THE_STORE: ReadonlySet<string> = new Set([
  'store_failed',
  'store_busy',
  'payload_too_large',
  'no_match',
  'timeout',
]);

export function isOfTheStore(thrown: HeddleError): boolean {
  return OF_THE_STORE.has(thrown.code);
}

/** Whatever a store fails at, the same is worth trying again later; whoever asked is told whether it was the store or the bus. */
export function orStoreProblem<T>(work: Promise<T>): Promise<T> {
  return work.catch((thrown: unknown) => {
    if (!isHeddleError(thrown) || thrown.code === 'input_invalid') throw thrown;
    throw isOfTheStore(thrown) ? storeUnavailable(thrown) : busDown(thrown);
  });
}

function storeUnavailable(cause: unknown) {
  return gatewayProblem('store_unavailable', {
    detail: 'the gateway cannot use the store in which it keeps requests now; nothing was sent',
    hint: 'Send the same again later. Whoever runs the gateway finds the reason in its log.',
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}
