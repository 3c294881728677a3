import type { ErrorCode, HeddleError } from '../errors.ts';

/** The exit codes of every command; the README documents them, the tests hold them. */
export const EXIT = {
  ok: 0,
  no: 1,
  usage: 2,
  bus: 3,
  undelivered: 4,
  internal: 70,
  timeout: 124,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface Consequence {
  exit: ExitCode;
  /** Worth trying again unchanged. */
  retryable: boolean;
}

const no = { exit: EXIT.no, retryable: false };
const usage = { exit: EXIT.usage, retryable: false };
const bus = { exit: EXIT.bus, retryable: false };
const busAgain = { exit: EXIT.bus, retryable: true };

const CONSEQUENCES: Record<ErrorCode, Consequence> = {
  usage,
  input_unreadable: usage,
  input_invalid: no,
  input_too_large: no,
  no_match: usage,
  settings_invalid: usage,
  settings_mixed_auth: usage,
  connection_refused: busAgain,
  connection_dns: busAgain,
  connection_unreachable: busAgain,
  connection_timeout: busAgain,
  connection_not_nats: bus,
  connection_lost: busAgain,
  connection_closed: busAgain,
  connection_failed: busAgain,
  tls_required: bus,
  tls_refused: bus,
  tls_certificate: bus,
  tls_expired: bus,
  auth_missing: bus,
  auth_wrong: bus,
  auth_expired: bus,
  permission_denied: bus,
  payload_too_large: no,
  subject_invalid: usage,
  nobody_listens: { exit: EXIT.undelivered, retryable: true },
  dead_lettered: { exit: EXIT.undelivered, retryable: false },
  task_failed: no,
  timeout: { exit: EXIT.timeout, retryable: true },
  interrupted: { exit: EXIT.interrupted, retryable: false },
  output_unwritable: no,
  store_failed: bus,
  store_busy: busAgain,
  internal: { exit: EXIT.internal, retryable: false },
};

export function exitCodeOf(error: HeddleError): ExitCode {
  return CONSEQUENCES[error.code].exit;
}

export function isRetryable(error: HeddleError): boolean {
  return error.retryable ?? CONSEQUENCES[error.code].retryable;
}
