/** What a worker says of its failure. */
export type Failure =
  | { readonly kind: 'non_retriable' }
  | { readonly kind: 'retriable' }
  | { readonly kind: 'retry_after'; readonly afterMs: number };

export type Verdict =
  | { readonly again: true; readonly afterMs: number; readonly attempt: number }
  /** It ends as a failed result. */
  | { readonly again: false };

/**
 * Whether a task is handed out once more. Heddle's own pipelines repeat whole stages: with one attempt, the default, only they
 * do, and attempts do not multiply.
 */
export function afterFailure(failure: Failure, attempt: number, maxAttempts: number): Verdict {
  if (failure.kind === 'non_retriable' || attempt >= maxAttempts) return { again: false };
  return { again: true, afterMs: failure.kind === 'retry_after' ? failure.afterMs : 0, attempt: attempt + 1 };
}
