import { HeddleError } from '../../errors.ts';
import type { CommandOptions } from '../command.ts';
import { quoted } from '../screen/disarm.ts';

/** Flags that only mean something beside others: by camel-cased name, what they need, in words. */
const NEEDS: readonly (readonly [name: string, flag: string, needs: readonly string[], words: string])[] = [
  ['strict', '--strict', ['config'], '--config <worker.yaml>'],
  ['context', '--context', ['goal'], '--goal'],
  ['contextJson', '--context-json', ['goal'], '--goal'],
  ['goalId', '--goal-id', ['goal'], '--goal'],
  ['linger', '--linger', ['wait', 'trace', 'outputOnly'], '--wait'],
  ['lines', '--lines', ['jsonl'], '--jsonl'],
  ['rate', '--rate', ['jsonl', 'count'], '--jsonl or --count'],
  ['concurrency', '--concurrency', ['wait', 'outputOnly'], '--wait'],
  ['concurrency', '--concurrency', ['jsonl', 'count'], '--jsonl or --count'],
  ['onError', '--on-error', ['jsonl'], '--jsonl'],
  ['journal', '--journal', ['jsonl', 'count'], '--jsonl or --count'],
  ['retryFailed', '--retry-failed', ['journal'], '--journal'],
  ['retryFailed', '--retry-failed', ['wait', 'outputOnly'], '--wait'],
  ['resendUncertain', '--resend-uncertain', ['jsonl', 'count'], '--jsonl or --count'],
  ['reconnectTimeout', '--reconnect-timeout', ['jsonl', 'count'], '--jsonl or --count'],
];

/** Pairs that cannot both be meant. */
const AGAINST: readonly (readonly [name: string, flag: string, other: string, otherFlag: string])[] = [
  ['jsonl', '--jsonl', 'payload', '--payload'],
  ['jsonl', '--jsonl', 'set', '--set'],
  ['jsonl', '--jsonl', 'setJson', '--set-json'],
  ['jsonl', '--jsonl', 'count', '--count'],
  ['jsonl', '--jsonl', 'taskId', '--task-id'],
  ['jsonl', '--jsonl', 'trace', '--trace'],
  ['jsonl', '--jsonl', 'goal', '--goal'],
  ['jsonl', '--jsonl', 'verify', '--verify'],
  ['jsonl', '--jsonl', 'dryRun', '--dry-run'],
  ['count', '--count', 'taskId', '--task-id'],
  ['count', '--count', 'trace', '--trace'],
  ['count', '--count', 'goal', '--goal'],
  ['count', '--count', 'verify', '--verify'],
  ['count', '--count', 'dryRun', '--dry-run'],
  ['traceParent', '--trace-parent', 'newTrace', '--new-trace'],
  ['resendUncertain', '--resend-uncertain', 'wait', '--wait'],
  ['allowUnheard', '--allow-unheard', 'wait', '--wait'],
  ['resendUncertain', '--resend-uncertain', 'outputOnly', '--output-only'],
  ['allowUnheard', '--allow-unheard', 'trace', '--trace'],
  ['allowUnheard', '--allow-unheard', 'outputOnly', '--output-only'],
  ['verify', '--verify', 'trace', '--trace'],
  ...['payload', 'set', 'setJson', 'tier', 'parent', 'taskId', 'metadata', 'config', 'direct'].map(
    (name) =>
      ['goal', '--goal', name, `--${name.replace('setJson', 'set-json').replace('taskId', 'task-id')}`] as const,
  ),
];

/** Throws `usage` for a command line whose parts cannot all be meant: a flag that did nothing would be a lie. */
export function refuseContradictions(args: readonly string[], options: CommandOptions): void {
  if (options.parent === '') {
    throw new HeddleError('usage', 'the parent task id is empty', {
      hint: 'Leave --parent out, or name a task or goal.',
    });
  }
  const has = (name: string): boolean => options[name] !== undefined;
  for (const [name, flag, needs, words] of NEEDS) {
    if (has(name) && !needs.some(has)) throw new HeddleError('usage', `${flag} needs ${words}`, { hint: HELP });
  }
  for (const [name, flag, other, otherFlag] of AGAINST) {
    if (!has(name) || !has(other)) continue;
    const hint = HINTS[name] ?? HELP;
    throw new HeddleError('usage', `${flag} and ${otherFlag} cannot be used together`, { hint });
  }
  if (has('goal') && args.length > 0) {
    throw new HeddleError('usage', `a goal is addressed to no worker, and ${quoted(args[0] ?? '')} names one`, {
      hint: HELP,
    });
  }
  if (has('goal') || args.length > 0 || has('config')) return;
  if (!has('jsonl')) {
    // `--wait echo`: the flag takes the next word.
    const { wait } = options;
    const taken =
      typeof wait === 'string' && !/^[\d.]/.test(wait)
        ? `--wait took ${quoted(wait)} as its duration: name the worker first. `
        : '';
    throw new HeddleError('usage', 'submit needs a worker type, or --goal', {
      hint: `${taken}For instance 'heddle-ts submit echo --set text=hello --wait'. See 'heddle-ts submit --help'.`,
    });
  }
  for (const [name, flag] of OF_PAYLOADS) {
    if (!has(name)) continue;
    throw new HeddleError('usage', `${flag} needs a worker type: without one every line is a whole TaskMessage`, {
      hint: HELP,
    });
  }
}

/** Flags that say what a payload shall be sent with; a whole TaskMessage has that already. */
const OF_PAYLOADS = [
  ['tier', '--tier'],
  ['priority', '--priority'],
  ['requestId', '--request-id'],
  ['metadata', '--metadata'],
  ['traceParent', '--trace-parent'],
  ['newTrace', '--new-trace'],
] as const;

const HINTS: Readonly<Record<string, string>> = {
  allowUnheard: 'A task that nobody heard is lost: no answer can come.',
  verify: '--trace asks the servers who listens when nothing comes.',
};

const HELP = "See 'heddle-ts submit --help'.";
