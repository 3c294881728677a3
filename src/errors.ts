import type { Advice, Remedy } from './remedy.ts';

/**
 * Every failure that the project can name. A code is stable: scripts match on it, `--output json` prints it.
 * What exit code a failure has is decided in cli/exit.ts, not here.
 */
export type ErrorCode =
  // the command line, the options of a function, and the files they name
  | 'usage'
  | 'input_unreadable'
  | 'input_invalid'
  | 'input_too_large'
  | 'no_match'
  | 'settings_invalid'
  | 'settings_mixed_auth'
  // the bus cannot be used
  | 'connection_refused'
  | 'connection_dns'
  | 'connection_unreachable'
  | 'connection_timeout'
  | 'connection_not_nats'
  | 'connection_lost'
  | 'connection_closed'
  | 'connection_failed'
  | 'tls_required'
  | 'tls_refused'
  | 'tls_certificate'
  | 'tls_expired'
  | 'auth_missing'
  | 'auth_wrong'
  | 'auth_expired'
  | 'permission_denied'
  | 'payload_too_large'
  | 'subject_invalid'
  // work was sent, and
  | 'nobody_listens'
  | 'dead_lettered'
  | 'task_failed'
  | 'timeout'
  | 'interrupted'
  // a file that is written beside the answer
  | 'output_unwritable'
  // what is kept
  | 'store_failed'
  | 'store_busy'
  // ours
  | 'internal';

/** What an error says besides its message. */
export interface ErrorDetails extends Advice {
  /** Overrides what the code usually means for "is it worth trying again unchanged". */
  retryable?: boolean | undefined;
  cause?: unknown;
}

/**
 * A failure that was foreseen: it says what, where and why in `message`, and what to do next in `hint` (words that hold for everybody)
 * and in `remedy` (what each program words for its own users: `remedy.do` names it).
 */
export class HeddleError extends Error implements Advice {
  readonly code: ErrorCode;
  /** What to do next, in words that name no flag and no command. */
  readonly hint: string | undefined;
  /** What to do next, as data; after the hint where there are both. */
  readonly remedy: Remedy | undefined;
  readonly retryable: boolean | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'HeddleError';
    this.code = code;
    this.hint = details.hint;
    this.remedy = details.remedy;
    this.retryable = details.retryable;
  }
}

/** True for our own errors, also when two copies of the package are loaded side by side. */
export function isHeddleError(value: unknown): value is HeddleError {
  return value instanceof HeddleError || (value instanceof Error && value.name === 'HeddleError' && 'code' in value);
}

/**
 * The process, or the whole machine, may open no more files: it is nobody's bug, and says nothing about what was asked. An error of
 * ours that came of it is one, too.
 */
export function isOutOfFiles(value: unknown): value is Error {
  if (!(value instanceof Error)) return false;
  return ('code' in value && (value.code === 'EMFILE' || value.code === 'ENFILE')) || isOutOfFiles(value.cause);
}
