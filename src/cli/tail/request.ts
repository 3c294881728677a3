import { HeddleError } from '../../errors.ts';
import { readCondition } from '../../tail/condition.ts';
import { type EndingRules, FAIL_WORDS, type FailWord } from '../../tail/ending.ts';
import type { FilterRules } from '../../tail/filter.ts';
import { DEFAULT_BUFFER } from '../../tail/options.ts';
import { compilePattern } from '../../tail/pattern.ts';
import { patternsOf } from '../../tail/subjects.ts';
import type { CommandOptions } from '../command.ts';
import { parseDuration } from '../settings/duration.ts';
import { parseSize } from '../settings/size.ts';

/** What was asked of `tail`, checked. */
export interface TailRequest {
  readonly patterns: readonly string[];
  /** For a replay: nothing was chosen, so everything is. */
  readonly allSubjects: boolean;
  readonly filter: FilterRules;
  readonly ending: EndingRules;
  readonly past: { readonly since: string } | { readonly last: number } | undefined;
  readonly follow: boolean;
  readonly from: readonly string[];
  readonly pair: { readonly orphanAfterMs: number } | undefined;
  readonly lint: { readonly configs: readonly string[] } | undefined;
  readonly show: ShowRequest;
  readonly statsEveryMs: number | undefined;
  readonly record: { readonly path: string; readonly rotateBytes: number; readonly keep: number } | undefined;
  readonly bufferBytes: number;
  readonly pingIntervalMs: number;
  /** Patterns of the user's run, so the guard is needed. */
  readonly guarded: boolean;
}

export interface ShowRequest {
  readonly wide: boolean;
  readonly body: boolean;
  readonly template: string | undefined;
  readonly highlight: RegExp | undefined;
}

const KINDS = ['task', 'result', 'goal', 'dead_letter', 'control', 'unknown'];
const DAY_MS = 86_400_000;

export function readTailRequest(args: readonly string[], options: CommandOptions): TailRequest {
  const text = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined);
  const all = (name: string): readonly string[] => (Array.isArray(options[name]) ? (options[name] as string[]) : []);
  const list = (name: string, flag: string): readonly string[] | undefined => {
    const values = all(name)
      .flatMap((each) => each.split(','))
      .map((each) => each.trim());
    if (values.includes('')) throw new HeddleError('usage', `${flag}: there is an empty name in the list`);
    return values.length === 0 ? undefined : values;
  };
  const among = (name: string, flag: string, allowed: readonly string[]): readonly string[] | undefined => {
    const values = list(name, flag);
    for (const value of values ?? []) {
      if (allowed.includes(value)) continue;
      throw new HeddleError('usage', `${flag}: ${JSON.stringify(value)} is not one of ${allowed.join(', ')}`);
    }
    return values;
  };
  const ids = (name: string, flag: string): readonly string[] | undefined => {
    const values = list(name, flag);
    for (const value of values ?? []) {
      if (value.length > 1000) throw new HeddleError('usage', `${flag}: an id of ${value.length} characters`);
    }
    return values;
  };
  const duration = (name: string, flag: string, min = 1): number | undefined => {
    const written = text(name);
    return written === undefined ? undefined : parseDuration(written, flag, { min });
  };
  const whole = (name: string, flag: string, min: number, max = 1_000_000_000): number | undefined => {
    const written = text(name);
    if (written === undefined) return undefined;
    const value = /^\d{1,10}$/.test(written) ? Number(written) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new HeddleError('usage', `${flag}: ${JSON.stringify(written)} is no whole number from ${min} to ${max}`);
  };
  const patternsFor = (name: string, flag: string): readonly RegExp[] =>
    all(name).map((each) => compilePattern(each, flag));
  const needs = (name: string, flag: string, other: string, given: boolean): void => {
    if (options[name] === undefined || given) return;
    throw new HeddleError('usage', `${flag} has a meaning with ${other} only`, {
      hint: `Add ${other}, or leave ${flag} out.`,
    });
  };

  const pairAsked = options.pair === true;
  const chosen = {
    subjects: args,
    tasks: options.tasks === true || (pairAsked && args.length === 0),
    goals: options.goals === true || (pairAsked && args.length === 0),
    control: options.control === true,
    all: options.all === true,
    anySubject: options.anySubject === true,
  };
  const since = text('since');
  const last = whole('last', '--last', 1, 10_000_000);
  if (since !== undefined && last !== undefined) throw new HeddleError('usage', 'give --since or --last, not both');
  const from = all('from');
  const past = since !== undefined ? { since } : last !== undefined ? { last } : undefined;
  if (from.length > 0 && past !== undefined) {
    throw new HeddleError('usage', '--from replays a file; --since and --last read a stream', {
      hint: "To begin a replay later, use --where 'completed_at>2026-04-29T12:00'.",
    });
  }
  const follow = options.follow !== false;
  if (!follow && past === undefined) {
    throw new HeddleError('usage', '--no-follow has a meaning with --since or --last only');
  }
  needs('orphanAfter', '--orphan-after', '--pair', pairAsked);
  needs('config', '--config', '--lint', options.lint === true);
  const recordPath = text('record');
  needs('recordSize', '--record-size', '--record', recordPath !== undefined);
  needs('recordKeep', '--record-keep', '--record', recordPath !== undefined);

  const failOn = among('failOn', '--fail-on', FAIL_WORDS) as readonly FailWord[] | undefined;
  if (failOn?.includes('invalid') && options.lint !== true) {
    throw new HeddleError('usage', '--fail-on invalid needs --lint', { hint: 'Add --lint.' });
  }
  const ofPairs = failOn?.find((word) => word === 'duplicate' || word === 'late' || word === 'orphan');
  if (ofPairs !== undefined && !pairAsked) {
    throw new HeddleError('usage', `--fail-on ${ofPairs} needs --pair`, { hint: 'Add --pair.' });
  }

  const filter: FilterRules = {
    worker: list('worker', '--worker'),
    tier: list('tier', '--tier'),
    status: list('status', '--status'),
    kind: among('kind', '--kind', KINDS),
    task: ids('task', '--task'),
    parent: ids('parent', '--parent'),
    goal: ids('goal', '--goal'),
    request: ids('request', '--request'),
    where: all('where').map((each) => readCondition(each, '--where')),
    grep: patternsFor('grep', '--grep'),
    exclude: patternsFor('exclude', '--exclude'),
  };
  const until = all('until').map((each) => readCondition(each, '--until'));
  const highlight = text('highlight');
  const show = {
    wide: options.wide === true,
    body: options.body === true,
    template: text('template'),
    highlight: highlight === undefined ? undefined : compilePattern(highlight, '--highlight'),
  };
  return {
    patterns: patternsOf(chosen),
    allSubjects: args.length === 0 && !(chosen.tasks || chosen.goals || chosen.control) && !pairAsked,
    filter,
    ending: {
      count: whole('count', '--count', 1),
      forMs: duration('for', '--for'),
      idleMs: duration('idle', '--idle'),
      until,
      expect: whole('expect', '--expect', 0),
      failOn,
      failOnGap: options.failOnGap === true,
    },
    past,
    follow,
    from,
    pair: pairAsked ? { orphanAfterMs: duration('orphanAfter', '--orphan-after') ?? 60_000 } : undefined,
    lint: options.lint === true ? { configs: all('config') } : undefined,
    show,
    statsEveryMs: duration('stats', '--stats', 100),
    record:
      recordPath === undefined
        ? undefined
        : {
            path: recordPath,
            rotateBytes: sizeOr(text('recordSize'), '--record-size', 100 * 1024 * 1024, 1024),
            keep: whole('recordKeep', '--record-keep', 0, 10_000) ?? 9,
          },
    bufferBytes: sizeOr(text('buffer'), '--buffer', DEFAULT_BUFFER, 64 * 1024),
    pingIntervalMs: duration('pingInterval', '--ping-interval', 20) ?? 10_000,
    guarded:
      (filter.grep?.length ?? 0) > 0 ||
      (filter.exclude?.length ?? 0) > 0 ||
      [...(filter.where ?? []), ...until].some(({ pattern }) => pattern !== undefined) ||
      show.highlight !== undefined,
  };
}

/** `1h` ago, or a time; milliseconds since 1970. */
export function sinceTime(written: string, now: number): number {
  if (/^\d{4}-\d{2}-\d{2}/.test(written)) {
    const time = Date.parse(written);
    if (!Number.isNaN(time)) return time;
    throw new HeddleError('usage', `--since: ${JSON.stringify(written)} is no time`, {
      hint: 'Write it as 2026-04-29T12:00:00Z, or as a duration: 1h.',
    });
  }
  const days = /^(\d{1,5})d$/.exec(written)?.[1];
  return now - (days === undefined ? parseDuration(written, '--since', { min: 1 }) : Number(days) * DAY_MS);
}

function sizeOr(written: string | undefined, flag: string, usual: number, min: number): number {
  return written === undefined ? usual : parseSize(written, flag, { min, max: 16 * 1024 ** 3 });
}
