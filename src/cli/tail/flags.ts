import { MODEL_TIERS, STATUSES_OF_A } from '../../contract/messages.ts';
import { HeddleError } from '../../errors.ts';
import { readCondition } from '../../tail/condition.ts';
import { FAIL_WORDS } from '../../tail/ending.ts';
import { DEFAULT_BUFFER } from '../../tail/options.ts';
import { compilePattern } from '../../tail/pattern.ts';
import { MESSAGE_KINDS, nearWord } from '../../tail/slips.ts';
import { duration } from '../flags/duration.ts';
import { list, refusal, text, textOr, texts, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf, type WrittenFlags } from '../flags/group.ts';
import { readSince } from '../flags/since.ts';
import { size } from '../flags/size.ts';
import { wholeFrom } from '../flags/whole-number.ts';
import { word } from '../flags/word.ts';

const MOST = 1_000_000_000;
const LARGEST = 16 * 1024 ** 3;
const MEBIBYTE = 1024 * 1024;

const FOLLOWED = flagGroup({
  heading: 'What to follow:',
  flags: {
    tasks: toggle('--tasks', 'tasks, too (heddle.tasks.>)'),
    goals: toggle('--goals', 'goals, too (heddle.goals.>)'),
    control: toggle('--control', 'control messages, too (heddle.control.>)'),
    all: toggle('--all', 'everything of Heddle (heddle.>)'),
    anySubject: toggle('--any-subject', 'allow subjects outside heddle.'),
    since: text(
      '--since <duration|time>',
      'begin with what a JetStream stream kept: 1h, 2026-04-29T12:00:00Z',
      readSince,
    ),
    last: text('--last <n>', 'begin with the last n messages that a JetStream stream kept', wholeFrom(1, 10_000_000)),
    follow: refusal('--no-follow', 'with --since or --last: only the past'),
    from: texts('--from <file|->', 'replay a recording instead of following a bus'),
  },
  rules: [
    { flag: 'since', excludes: 'last', says: { message: 'give --since or --last, not both' } },
    ...(['since', 'last'] as const).map((excludes) => ({
      flag: 'from' as const,
      excludes,
      says: {
        message: '--from replays a file; --since and --last read a stream',
        hint: "To begin a replay later, use --where 'completed_at>2026-04-29T12:00'.",
      },
    })),
    {
      flag: 'follow',
      needs: ['since', 'last'],
      says: { message: '--no-follow has a meaning with --since or --last only' },
    },
  ],
});

const FILTERS = flagGroup({
  heading: 'Filters (lists with commas are alternatives; all filters must hold):',
  flags: {
    worker: list('--worker <name>', 'of these workers', name),
    tier: list('--tier <tier>', 'of these tiers', tierName),
    status: list('--status <status>', 'results with this status: completed, failed, ...', word(STATUSES_OF_A)),
    kind: list('--kind <kind>', 'task, result, goal, dead_letter, control, unknown', word(MESSAGE_KINDS)),
    task: list('--task <id>', 'this task: the id or its first characters (6 or more)', id),
    parent: list('--parent <id>', 'of this parent task', id),
    goal: list('--goal <id>', 'this goal, its tasks and results', id),
    request: list('--request <id>', 'of this request', id),
    where: texts(
      '--where <condition>',
      'path=value, !=, ~regex, !~regex, >, <, >=, <=; path alone: it is there',
      readCondition,
    ),
    grep: texts('--grep <regex>', 'the subject or message matches; /text/i ignores case', compilePattern),
    exclude: texts('--exclude <regex>', 'it does not match', compilePattern),
  },
});

const ENDING = flagGroup({
  heading: 'Ending (for scripts):',
  flags: {
    count: text('--count <n>', 'end after n messages', wholeFrom(1, MOST)),
    for: text('--for <duration>', 'end after this long', duration({ min: 1 })),
    idle: text('--idle <duration>', 'end when this long nothing was shown', duration({ min: 1 })),
    until: texts('--until <condition>', 'end with the first message like this; exit 1 when none came', readCondition),
    expect: text('--expect <n>', 'exit 1 when fewer messages came', wholeFrom(0, MOST)),
    failOn: list(
      '--fail-on <words>',
      'exit 1 at the first that is failed, dead_letter, unknown, invalid, ...',
      word(FAIL_WORDS),
    ),
    failOnGap: toggle('--fail-on-gap', 'exit 1 when messages may have been missed'),
  },
});

const CLOSER = flagGroup({
  heading: 'Looking closer:',
  flags: {
    pair: toggle('--pair', 'join tasks with results, goals with stages (follows tasks and goals, too)'),
    orphanAfter: textOr(
      '--orphan-after <duration>',
      'with --pair: a task without answer is told then (default 60s)',
      duration({ min: 1 }),
      60_000,
    ),
    lint: toggle('--lint', 'judge each message: what Heddle checks, and the whole schema'),
    config: texts('--config <worker.yaml>', "with --lint: this worker's schemas, too"),
  },
  rules: [beside('orphanAfter', '--orphan-after', 'pair'), beside('config', '--config', 'lint')],
});

const SHOWING = flagGroup({
  heading: 'Showing:',
  flags: {
    wide: toggle('--wide', 'tier, size, tokens, model, subject and a preview, too'),
    body: toggle('--body', 'the payload, output or original task below each line'),
    template: text('--template <text>', "a line of your own: '{time} {worker_type} {status}'"),
    highlight: text('--highlight <regex>', 'make what matches stand out', compilePattern),
    stats: text('--stats <duration>', 'figures this often (also on SIGUSR2)', duration({ min: 100 })),
  },
});

const LIMITS = flagGroup({
  heading: 'Recording and limits:',
  flags: {
    record: text('--record <file>', 'append all that is shown to this file, as ndjson'),
    recordSize: textOr(
      '--record-size <size>',
      'rotate it at this size (default 100MiB)',
      size({ min: 1024, max: LARGEST }),
      100 * MEBIBYTE,
    ),
    recordKeep: textOr('--record-keep <n>', 'rotated files to keep (default 9)', wholeFrom(0, 10_000), 9),
    buffer: textOr(
      '--buffer <size>',
      'what may wait for a slow reader before the oldest is dropped (default 64MiB)',
      size({ min: 64 * 1024, max: LARGEST }),
      DEFAULT_BUFFER,
    ),
    pingInterval: textOr(
      '--ping-interval <duration>',
      'a frozen connection is noticed after three of these (default 10s)',
      duration({ min: 20 }),
      10_000,
    ),
  },
  rules: [beside('recordSize', '--record-size', 'record'), beside('recordKeep', '--record-keep', 'record')],
});

export const TAIL = [FOLLOWED, FILTERS, ENDING, CLOSER, SHOWING, LIMITS] as const;

export type TailFlags = ValuesOf<typeof TAIL>;

/** Throws `usage` for words of `--fail-on` that nothing could bring about. */
export function refuseIdleFailWords(_args: readonly string[], written: WrittenFlags<typeof TAIL>): void {
  const words = written.value('failOn');
  const asked = Array.isArray(words) ? words.flatMap((each: string) => each.split(',')) : [];
  for (const [flag, ofIt] of [
    ['lint', ['invalid']],
    ['pair', ['duplicate', 'late', 'orphan']],
  ] as const) {
    const idle = ofIt.find((each) => asked.includes(each));
    if (idle === undefined || written.value(flag) !== undefined) continue;
    throw new HeddleError('usage', `--fail-on ${idle} needs --${flag}`, { hint: `Add --${flag}.` });
  }
}

function beside<const F extends string, const N extends string>(flag: F, called: string, needs: N) {
  const other = `--${needs}`;
  const says = { message: `${called} has a meaning with ${other} only`, hint: `Add ${other}, or leave ${called} out.` };
  return { flag, needs: [needs], says } as const;
}

function name(text: string, flag: string): string {
  if (text !== '') return text;
  throw new HeddleError('usage', `${flag}: there is an empty name in the list`);
}

/** Tiers of one's own are possible, slips are likely. */
function tierName(text: string, flag: string): string {
  const meant = nearWord(text, MODEL_TIERS);
  if (meant === undefined) return name(text, flag);
  throw new HeddleError('usage', `${flag}: there is no tier ${JSON.stringify(text)}`, {
    hint: `did you mean ${JSON.stringify(meant)}?`,
  });
}

function id(text: string, flag: string): string {
  if (text.length <= 1000) return name(text, flag);
  throw new HeddleError('usage', `${flag}: an id of ${text.length} characters`);
}
