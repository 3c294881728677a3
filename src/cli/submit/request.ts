import type { ModelTier, Priority } from '../../contract/messages.ts';
import { HeddleError } from '../../errors.ts';
import type { CommandOptions } from '../command.ts';
import { quoted } from '../screen/disarm.ts';
import { parseDuration } from '../settings/duration.ts';
import { parseRate } from '../settings/rate.ts';
import { refuseContradictions } from './contradictions.ts';

/** The command line of `submit`, read and free of contradictions. */
export interface SubmitRequest {
  readonly workerType: string | undefined;
  readonly payload: string | undefined;
  readonly set: readonly string[];
  readonly setJson: readonly string[];
  readonly tier: ModelTier | undefined;
  readonly priority: Priority | undefined;
  readonly parent: string | undefined;
  readonly requestId: string | undefined;
  readonly taskId: string | undefined;
  readonly metadata: readonly string[];
  readonly traceParent: string | undefined;
  readonly newTrace: boolean;
  readonly goal: string | undefined;
  readonly context: readonly string[];
  readonly contextJson: readonly string[];
  readonly goalId: string | undefined;
  readonly config: string | undefined;
  readonly strict: boolean;
  readonly dryRun: boolean;
  readonly direct: boolean;
  readonly verify: boolean;
  readonly allowUnheard: boolean;
  /** In milliseconds; undefined: nobody waits. */
  readonly wait: number | undefined;
  readonly outputOnly: boolean;
  readonly linger: number | undefined;
  readonly trace: boolean;
  readonly batch: BatchRequest | undefined;
}

export interface BatchRequest {
  readonly jsonl: string | undefined;
  readonly lines: 'auto' | 'payload' | 'envelope';
  readonly count: number | undefined;
  readonly perSecond: number | undefined;
  readonly concurrency: number;
  readonly onError: 'stop' | 'skip';
  readonly journal: string | undefined;
  readonly retryFailed: boolean;
  readonly resendUncertain: boolean;
  readonly reconnectTimeout: number;
}

const DEFAULT_WAIT_MS = 60_000;
const DEFAULT_CONCURRENCY = 16;
const MOST_CONCURRENCY = 10_000;
const DEFAULT_RECONNECT_MS = 60_000;

export function readSubmitRequest(args: readonly string[], options: CommandOptions): SubmitRequest {
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const list = (name: string): readonly string[] => (options[name] as string[] | undefined) ?? [];
  const yes = (name: string): boolean => options[name] === true;
  const duration = (name: string, flag: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : parseDuration(value, flag);
  };
  refuseContradictions(args, options);
  const trace = yes('trace');
  const waits = options.wait !== undefined || trace || yes('outputOnly');
  const wait = typeof options.wait === 'string' ? parseDuration(options.wait, '--wait', { min: 1 }) : DEFAULT_WAIT_MS;
  const rate = text('rate');
  return {
    workerType: args[0],
    payload: text('payload'),
    set: list('set'),
    setJson: list('setJson'),
    tier: text('tier') as ModelTier | undefined,
    priority: text('priority') as Priority | undefined,
    parent: text('parent'),
    requestId: text('requestId'),
    taskId: text('taskId'),
    metadata: list('metadata'),
    traceParent: text('traceParent'),
    newTrace: yes('newTrace'),
    goal: text('goal'),
    context: list('context'),
    contextJson: list('contextJson'),
    goalId: text('goalId'),
    config: text('config'),
    strict: yes('strict'),
    dryRun: yes('dryRun'),
    direct: yes('direct'),
    verify: yes('verify'),
    allowUnheard: yes('allowUnheard'),
    wait: waits ? wait : undefined,
    outputOnly: yes('outputOnly'),
    linger: duration('linger', '--linger'),
    trace,
    batch:
      text('jsonl') === undefined && text('count') === undefined
        ? undefined
        : {
            jsonl: text('jsonl'),
            lines: (text('lines') as BatchRequest['lines'] | undefined) ?? 'auto',
            count: wholeNumber(text('count'), '--count', 1e9),
            perSecond: rate === undefined ? undefined : parseRate(rate, '--rate').perSecond,
            concurrency: wholeNumber(text('concurrency'), '--concurrency', MOST_CONCURRENCY) ?? DEFAULT_CONCURRENCY,
            onError: (text('onError') as 'stop' | 'skip' | undefined) ?? 'stop',
            journal: text('journal'),
            retryFailed: yes('retryFailed'),
            resendUncertain: yes('resendUncertain'),
            reconnectTimeout: duration('reconnectTimeout', '--reconnect-timeout') ?? DEFAULT_RECONNECT_MS,
          },
  };
}

function wholeNumber(text: string | undefined, flag: string, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new HeddleError('usage', `${flag}: ${quoted(text)} is no whole number from 1 to ${most}`);
}
