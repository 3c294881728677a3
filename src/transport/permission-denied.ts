import { HeddleError } from '../errors.ts';

/** A subject that the server refuses us. */
export function permissionDenied(operation: 'publish' | 'subscribe', subject: string, label: string): HeddleError {
  const act = operation === 'publish' ? 'publish to' : 'subscribe to';
  return new HeddleError(
    'permission_denied',
    `${label} does not allow us to ${act} ${subject === '' ? 'a subject' : JSON.stringify(subject.slice(0, 200))}`,
    {
      hint: `Ask whoever runs the server to allow ${operation} on it for this user, or connect as another one (heddle-ts preflight -v shows which is used).`,
      retryable: false,
    },
  );
}
