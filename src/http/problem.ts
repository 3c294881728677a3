import { STATUS_CODES } from 'node:http';
import type { Issue } from '../contract/json.ts';
import { isHeddleError } from '../errors.ts';

/** What a problem code means to a client. */
export interface ProblemKind {
  readonly status: number;
  /** Whether the same request, sent again later, may succeed. */
  readonly retryable: boolean;
}

export interface ProblemDetails {
  /** What is wrong with this request, for people. */
  readonly detail?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Each thing that is wrong, with its place in the body. */
  readonly errors?: readonly Issue[] | undefined;
  readonly retryAfterS?: number | undefined;
  /** Further headers of the answer, in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

/** An answer that is no success; thrown by whoever meets it, written as a document of RFC 9457. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: ProblemDetails;

  constructor(code: string, { status, retryable }: ProblemKind, details: ProblemDetails = {}) {
    super(details.detail ?? code, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = status;
    this.retryable = retryable;
    this.details = details;
  }
}

/** For a closed list of codes: what makes problems of it, and of no other. */
export function problemsOf<Code extends string>(
  kinds: Readonly<Record<Code, ProblemKind>>,
): (code: Code, details?: ProblemDetails) => Problem {
  return (code, details) => new Problem(code, kinds[code], details);
}

/** Every problem that the server itself can answer with, whatever the routes are. */
export const HTTP_PROBLEMS = {
  bad_request: { status: 400, retryable: false },
  invalid_path: { status: 400, retryable: false },
  invalid_json: { status: 400, retryable: false },
  json_too_complex: { status: 400, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  method_not_allowed: { status: 405, retryable: false },
  request_timeout: { status: 408, retryable: true },
  body_too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  expectation_failed: { status: 417, retryable: false },
  too_many_requests: { status: 429, retryable: true },
  headers_too_large: { status: 431, retryable: false },
  internal: { status: 500, retryable: false },
  overloaded: { status: 503, retryable: true },
} as const satisfies Record<string, ProblemKind>;

export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;

export const problem = problemsOf<HttpProblemCode>(HTTP_PROBLEMS);

export const PROBLEM_TYPE = 'application/problem+json';

/** The document. Its type is about:blank, so its title is that of the status; what a program looks at is the code. */
export function problemText({ code, status, retryable, details }: Problem, requestId: string): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail: details.detail,
    hint: details.hint,
    errors: details.errors?.map(({ pointer, problem }) => ({ pointer, detail: problem })),
    retryable,
    request_id: requestId,
  });
}

/** The headers that a problem brings along. */
export function problemHeaders({ details }: Problem): Readonly<Record<string, string>> {
  if (details.retryAfterS === undefined) return details.headers ?? {};
  return { 'retry-after': String(details.retryAfterS), ...details.headers };
}

/** What went wrong on the server's own side, in words that the client is not told. */
export function reasonBehind(shown: Problem | undefined): string | undefined {
  const cause = shown !== undefined && shown.status >= 500 ? shown.details.cause : undefined;
  return isHeddleError(cause) ? cause.message : undefined;
}
