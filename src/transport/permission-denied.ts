import { HeddleError } from '../errors.ts';

/** A subject that the server refuses us. */
export function permissionDenied(operation: 'publish' | 'subscribe', subject: string, label: string): HeddleError {
  const act = operation === 'publish' ? 'publish to' : 'subscribe to';
  return new HeddleError(
    'permission_denied',
    `${label} does not allow us to ${act} ${subject === '' ? 'a subject' : JSON.stringify(subject.slice(0, 200))}`,
    { remedy: { do: 'allow-subject', operation }, retryable: false },
  );
}
