import { deadLetterClass } from '../../contract/dead-letter.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import type { Answered, Outcome } from '../../delivery/wait/outcome.ts';
import { HeddleError } from '../../errors.ts';
import { nobodyListens, partFor } from '../../submit/missing.ts';
import { formatDuration } from '../flags/duration.ts';

/** The words for every end that is no answer. */
export function outcomeError(prepared: Prepared, outcome: Exclude<Outcome, Answered>): HeddleError {
  const what = `${prepared.kind} ${prepared.id}`;
  switch (outcome.kind) {
    case 'unheard':
      return nobodyListens(partFor(prepared), `${what} was published and is lost`);
    case 'dead_lettered':
      return new HeddleError('dead_lettered', `the router refused ${what}: ${outcome.reason}`, {
        hint: HINTS[deadLetterClass(outcome.reason)],
        retryable: outcome.retryable,
      });
    case 'malformed':
      return new HeddleError(
        'task_failed',
        `an answer to ${what} came on ${outcome.subject}, and is no result that Heddle accepts: ${outcome.problem}`,
        { hint: 'The worker that sent it must be mended; Heddle itself would wait for its whole timeout.' },
      );
    case 'timeout':
      return timedOut(prepared, what, outcome);
    case 'lost':
      if (outcome.error.code !== 'interrupted') return outcome.error;
      return new HeddleError('interrupted', `interrupted while waiting for ${what}; it may still run`, {
        hint: lookFurther(prepared),
      });
  }
}

const HINTS = {
  rate_limited:
    'Its tier had no capacity at that moment: send it again later, or raise rate_limits in the router rules.',
  invalid_task_message: 'Look at the message with --dry-run.',
  unknown_tier: "Look at tier_overrides in the router's rules: 'heddle-ts validate <router_rules.yaml>'.",
  other: "Look at the router's log.",
} as const;

function timedOut(prepared: Prepared, what: string, outcome: Outcome & { kind: 'timeout' }): HeddleError {
  const { lastSeen, disconnections } = outcome;
  const seen = lastSeen === undefined ? 'nothing was seen of it after it was sent' : `last seen: ${lastSeen}`;
  const away =
    disconnections === 0
      ? ''
      : `; the connection was lost meanwhile (${disconnections} times), so an answer may have passed unseen`;
  return new HeddleError(
    'timeout',
    `no answer to ${what} within ${formatDuration(outcome.timeoutMs)}; ${seen}${away}`,
    {
      hint: `It may still run. ${lookFurther(prepared, lastSeen === undefined ? ' (a watcher counts as heard)' : '')}`,
    },
  );
}

function lookFurther(prepared: Prepared, aside = ''): string {
  const { kind, id } = prepared;
  const flag = kind === 'goal' ? '--goal' : '--task';
  return `Who listens: 'heddle-ts status'${aside}; a late answer: 'heddle-ts tail ${flag} ${id}'; where it stops: the same command with --trace.`;
}
