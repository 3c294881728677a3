import { HTTP_PROBLEMS, type ProblemKind, problemsOf } from '../http/problem.ts';

/** Every problem that a route of the gateway answers with, beside those of any server. The codes are stable. */
export const GATEWAY_PROBLEMS = {
  // What was sent cannot be used.
  invalid_message: { status: 422, retryable: false },
  invalid_idempotency_key: { status: 400, retryable: false },
  idempotency_key_reused: { status: 422, retryable: false },
  idempotency_key_running: { status: 409, retryable: true },
  // A request that was made earlier.
  unknown_request: { status: 404, retryable: false },
  request_forgotten: { status: 410, retryable: false },
  request_expired: { status: 410, retryable: false },
  // A delivery of a webhook.
  unknown_webhook: { status: 404, retryable: false },
  missing_signature: { status: 401, retryable: false },
  bad_signature: { status: 401, retryable: false },
  stale_timestamp: { status: 401, retryable: false },
  unknown_key: { status: 401, retryable: false },
  challenge_refused: { status: 403, retryable: false },
  unmapped_delivery: { status: 422, retryable: false },
  keys_unavailable: { status: 503, retryable: true },
  // A playbook.
  unknown_playbook: { status: 404, retryable: false },
  graphql_unavailable: { status: 501, retryable: false },
  already_answered: { status: 409, retryable: false },
  // Something that is watched.
  unknown_subscription: { status: 404, retryable: false },
  subscription_failed: { status: 502, retryable: false },
  // Failed work that is sent again.
  unknown_group: { status: 404, retryable: false },
  replay_running: { status: 409, retryable: true },
  // A server behind.
  upstream_failed: { status: 502, retryable: true },
  upstream_timeout: { status: 504, retryable: true },
  // A login.
  login_refused: { status: 401, retryable: false },
  // Workers.
  unknown_task_type: { status: 400, retryable: false },
  unsupported_action: { status: 400, retryable: false },
  invalid_action: { status: 400, retryable: false },
  invalid_output: { status: 422, retryable: false },
  unknown_task: { status: 404, retryable: false },
  stale_lease: { status: 409, retryable: false },
  already_resolved: { status: 409, retryable: false },
  lease_expired: { status: 410, retryable: false },
  lease_lost: { status: 410, retryable: false },
  signal_timeout: { status: 408, retryable: true },
  // The bus.
  nobody_listens: { status: 503, retryable: true },
  bus_down: { status: 503, retryable: true },
  store_unavailable: { status: 503, retryable: true },
  unconfirmed: { status: 503, retryable: true },
  router_busy: { status: 503, retryable: true },
  router_refused: { status: 502, retryable: false },
  answer_unreadable: { status: 502, retryable: false },
} as const satisfies Record<string, ProblemKind>;

export type GatewayProblemCode = keyof typeof GATEWAY_PROBLEMS;

export const gatewayProblem = problemsOf<GatewayProblemCode>(GATEWAY_PROBLEMS);

/** All codes that an answer of a gateway can have. */
export const ALL_PROBLEMS: Readonly<Record<string, ProblemKind>> = { ...HTTP_PROBLEMS, ...GATEWAY_PROBLEMS };

/** How long a sender should wait before it tries again. */
export const RETRY_AFTER_S = 5;
