import { HeddleError } from '../../errors.ts';
import { permissionDenied } from '../permissions.ts';
import { redactText } from '../redact.ts';
import type { BusEvent } from '../transport.ts';
import { PermissionViolationError } from './client.ts';
import type { Plan } from './plan.ts';
import { quoteComplaint, type Refused, serverFailure } from './refusal.ts';

/** What a server's `-ERR` on an open connection means for whoever listens to the news. */
export function complaintEvent(
  error: Error,
  connection: Refused,
  { secrets, inboxPrefix }: Pick<Plan, 'secrets' | 'inboxPrefix'>,
): BusEvent {
  if (error instanceof PermissionViolationError) {
    const operation = error.operation === 'subscription' ? 'subscribe' : 'publish';
    const subject = unquoted(error.subject);
    const { label } = connection.address;
    return { kind: 'permission', operation, subject, error: permissionDenied(operation, subject, label, inboxPrefix) };
  }
  const words = error.message.toLowerCase();
  if (words.includes('slow consumer')) return { kind: 'slow_consumer', pattern: '', pending: 0 };
  return { kind: 'error', error: complaintError(error.message, connection, secrets) };
}

/** A server quotes a subject as Go does: a quote or a backslash in it, and what cannot be printed, stands there as an escape. */
function unquoted(text: string): string {
  return text.replace(
    /\\(?:u([\da-f]{4})|U(00(?:0[\da-f]|10)[\da-f]{4})|(["\\]))/g,
    (_, short: string | undefined, long: string | undefined, sign: string | undefined) =>
      sign ?? String.fromCodePoint(Number.parseInt(short ?? long ?? '', 16)),
  );
}

export function permissionError(
  { operation, subject }: PermissionViolationError,
  label: string,
  inboxPrefix: string,
): HeddleError {
  return permissionDenied(operation === 'subscription' ? 'subscribe' : 'publish', subject, label, inboxPrefix);
}

function complaintError(complaint: string, connection: Refused, secrets: readonly string[]): HeddleError {
  const { label } = connection.address;
  const words = complaint.toLowerCase();
  const shown = redactText(quoteComplaint(complaint), secrets);
  if (words.includes('maximum payload')) {
    return new HeddleError('payload_too_large', `${label} refused a message: ${shown}`, {
      hint: 'Its max_payload became smaller since we connected; send smaller messages.',
    });
  }
  if (words.includes('invalid') && words.includes('subject')) {
    return new HeddleError('subject_invalid', `${label} refused a subject: ${shown}`);
  }
  if (/auth|tls required/.test(words)) {
    const failure = serverFailure(complaint, connection);
    if (failure !== undefined) {
      const { code, message, hint, remedy, retryable } = failure;
      return new HeddleError(code, redactText(message, secrets), { hint, remedy, retryable });
    }
  }
  return new HeddleError('connection_failed', `${label} complained: ${shown}`, {
    hint: 'Look at the log of the server.',
  });
}
