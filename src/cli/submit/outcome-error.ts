import { compactJson } from '../../contract/compact-json.ts';
import { deadLetterClass } from '../../contract/dead-letter.ts';
import { rawValue } from '../../contract/members.ts';
import type { TaskResult } from '../../contract/messages.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import type { Answered, Malformed, Outcome } from '../../delivery/wait/outcome.ts';
import { HeddleError } from '../../errors.ts';
import { type Advice, adviceOf } from '../../remedy.ts';
import { nobodyListens, partFor } from '../../submit/missing.ts';
import type { MissingHop } from '../../submit/trace/timeline.ts';
import { formatDuration } from '../flags/duration.ts';

/** What was learnt by following it. */
export interface Followed {
  readonly traced?: boolean | undefined;
  readonly missing?: MissingHop | undefined;
}

/** The words for every end that is no answer. */
export function outcomeError(
  prepared: Prepared,
  outcome: Exclude<Outcome, Answered>,
  { traced = false, missing }: Followed = {},
): HeddleError {
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
      if (outcome.framed !== undefined) return framed(what, outcome.framed, outcome);
      return new HeddleError(
        'task_failed',
        `an answer to ${what} came on ${outcome.subject}, and is no result that Heddle accepts: ${outcome.problem}`,
        { hint: 'The worker that sent it must be mended; Heddle itself would wait for its whole timeout.' },
      );
    case 'timeout':
      return timedOut(prepared, what, outcome, missing);
    case 'lost':
      if (outcome.error.code !== 'interrupted') return outcome.error;
      return new HeddleError('interrupted', `interrupted while waiting for ${what}; it may still run`, {
        hint: lookFurther(prepared, { traced }),
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

/** Decoded, so that one sees what the others on the bus do not. */
function framed(what: string, { status, error }: TaskResult, { problem, text }: Malformed): HeddleError {
  const output = rawValue(text ?? '', 'output') ?? 'null';
  const said = status === 'failed' ? (error ?? 'no reason given') : shortened(compactJson(output));
  return new HeddleError('task_failed', `${problem} (${what}); in it: ${status}, ${said}`, {
    hint: 'Run routers, workers, pipelines and senders of one version of Heddle on a bus; --accept-frames takes such answers.',
  });
}

const LONGEST_OUTPUT = 500;

function shortened(output: string): string {
  return output.length <= LONGEST_OUTPUT ? output : `${output.slice(0, LONGEST_OUTPUT)}…`;
}

function timedOut(
  prepared: Prepared,
  what: string,
  outcome: Outcome & { kind: 'timeout' },
  missing: MissingHop | undefined,
): HeddleError {
  const { lastSeen, disconnections } = outcome;
  const stands = missing === undefined ? undefined : [missing.problem, ...missing.evidence].join('; ');
  const last = lastSeen === undefined ? undefined : `last seen: ${lastSeen}`;
  const seen =
    [last, stands].filter((part) => part !== undefined).join('; ') || 'nothing was seen of it after it was sent';
  const away =
    disconnections === 0
      ? ''
      : `; the connection was lost meanwhile (${disconnections === 1 ? 'once' : `${disconnections} times`}), so an answer may have passed unseen`;
  return new HeddleError(
    missing?.hop === 'connection' ? 'connection_lost' : 'timeout',
    `no answer to ${what} within ${formatDuration(outcome.timeoutMs)}; ${seen}${away}`,
    afterTime(prepared, outcome, missing),
  );
}

/** What is known to be missing has a remedy of its own; what may still come is to be looked out for. */
function afterTime(
  prepared: Prepared,
  { lastSeen }: Outcome & { kind: 'timeout' },
  missing: MissingHop | undefined,
): Advice {
  const known = missing?.final === true || missing?.answered === true || missing?.hop === 'connection';
  if (missing !== undefined && known) return adviceOf(missing);
  const aside = lastSeen === undefined ? ' (a watcher counts as heard)' : '';
  const further = `It may still run. ${lookFurther(prepared, { aside, traced: missing !== undefined })}`;
  return { remedy: { do: 'any-of', advice: [missing === undefined ? {} : adviceOf(missing), { hint: further }] } };
}

function lookFurther(prepared: Prepared, { aside = '', traced = false }: { aside?: string; traced?: boolean }): string {
  const { kind, id } = prepared;
  const flag = kind === 'goal' ? '--goal' : '--task';
  const where = traced ? '' : '; where it stops: the same command with --trace';
  return `Who listens: 'heddle-ts status'${aside}; a late answer: 'heddle-ts tail ${flag} ${id}'${where}.`;
}
