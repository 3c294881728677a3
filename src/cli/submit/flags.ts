import { MODEL_TIERS, PRIORITIES } from '../../contract/messages.ts';
import { HeddleError } from '../../errors.ts';
import { duration } from '../flags/duration.ts';
import { maybe, oneOf, text, textOr, texts, toggle } from '../flags/flag.ts';
import { flagGroup, type Rule, type ValuesOf, type WrittenFlags } from '../flags/group.ts';
import { rate } from '../flags/rate.ts';
import { wholeFrom } from '../flags/whole-number.ts';
import { quoted } from '../screen/disarm.ts';

const TASK = flagGroup({
  heading: 'Task:',
  flags: {
    payload: text('--payload <json|@file|->', 'a JSON object: as text, from a file, or from stdin'),
    set: texts('--set <key=value>', 'set one field to text; dots make objects'),
    setJson: texts('--set-json <key=json>', 'set one field to a JSON value'),
    tier: oneOf('--tier <tier>', MODEL_TIERS, 'model tier (default standard)'),
    priority: oneOf('--priority <priority>', PRIORITIES, 'carried along'),
    parent: text('--parent <id>', 'parent task id: names the subject of the answer', readParent),
    requestId: text('--request-id <id>', 'carried along'),
    taskId: text('--task-id <id>', 'instead of a fresh uuid'),
    metadata: texts('--metadata <key=value>', 'add one entry to metadata'),
    traceParent: text('--trace-parent <traceparent>', 'W3C trace to join (default: TRACEPARENT of the environment)'),
    newTrace: toggle('--new-trace', 'begin a trace'),
  },
  rules: [{ flag: 'traceParent', excludes: 'newTrace' }],
});

const GOAL = flagGroup({
  heading: 'Goal:',
  flags: {
    goal: text('--goal <instruction>', 'send a goal instead of a task'),
    context: texts('--context <key=value>', 'add text to the context'),
    contextJson: texts('--context-json <key=json>', 'add a JSON value to the context'),
    goalId: text('--goal-id <id>', 'instead of a fresh uuid'),
  },
  rules: [
    { flag: 'context', needs: ['goal'] },
    { flag: 'contextJson', needs: ['goal'] },
    { flag: 'goalId', needs: ['goal'] },
    ...excluding('goal', ['payload', 'set', 'setJson', 'tier', 'parent', 'taskId', 'metadata', 'config', 'direct']),
  ],
});

const SENDING = flagGroup({
  heading: 'Sending:',
  flags: {
    config: text('--config <worker.yaml>', "check the payload by the worker's schema first, take its tier"),
    strict: toggle('--strict', 'with --config: the whole JSON Schema, not only what Heddle checks'),
    dryRun: toggle('-n, --dry-run', 'print the message and its subject, send nothing'),
    direct: toggle('--direct', 'skip the router: publish where the worker listens'),
    verify: toggle('--verify', 'ask the servers who listens: a watcher is not a router'),
    allowUnheard: toggle('--allow-unheard', 'only warn when nobody listens'),
  },
  rules: [
    { flag: 'strict', needs: ['config'], says: { message: '--strict needs --config <worker.yaml>' } },
    ...excluding(
      'allowUnheard',
      ['wait', 'trace', 'outputOnly'],
      'A task that nobody heard is lost: no answer can come.',
    ),
    ...excluding('verify', ['trace'], '--trace asks the servers who listens when nothing comes.'),
  ],
});

const DEFAULT_WAIT_MS = 60_000;

const WAITING = flagGroup({
  heading: 'Waiting:',
  flags: {
    wait: maybe('--wait [duration]', 'wait for the answer (default 60s)', duration({ min: 1 }), DEFAULT_WAIT_MS),
    outputOnly: toggle('--output-only', 'print only the output of the answer'),
    linger: text('--linger <duration>', 'watch so long for a second answer (default 200ms)', duration()),
    trace: toggle('--trace', 'show every hop of the message (waits, too)'),
    acceptFrames: toggle(
      '--accept-frames',
      'take an answer in a frame of generation C, which Heddle 0.9.2 does not read',
    ),
  },
  rules: [
    { flag: 'linger', needs: ['wait', 'trace', 'outputOnly'], says: { message: '--linger needs --wait' } },
    { flag: 'acceptFrames', needs: ['wait', 'trace', 'outputOnly'], says: { message: '--accept-frames needs --wait' } },
  ],
});

const BATCH = flagGroup({
  heading: 'Batch:',
  flags: {
    jsonl: text('--jsonl <file|->', 'one payload, or one TaskMessage, or one record of tail, a line'),
    lines: oneOf('--lines <kind>', ['auto', 'payload', 'envelope'], 'what the lines are'),
    count: text('--count <n>', 'send the same task n times', wholeFrom(1, 1e9)),
    rate: text('--rate <n/s>', 'at most so many: 50/s, 100/m', rate),
    concurrency: textOr('--concurrency <n>', 'with --wait: tasks in flight (default 16)', wholeFrom(1, 10_000), 16),
    onError: oneOf('--on-error <action>', ['stop', 'skip'], 'malformed lines (default stop)'),
    journal: text('--journal <file>', 'note what is done, and leave it out in a rerun'),
    retryFailed: toggle('--retry-failed', 'with --journal: do failed tasks again'),
    resendUncertain: toggle(
      '--resend-uncertain',
      'send again what may have arrived: after a lost connection, or by an earlier run of the journal',
    ),
    reconnectTimeout: textOr(
      '--reconnect-timeout <duration>',
      'how long the connection may stay away (default 60s)',
      duration(),
      60_000,
    ),
  },
  rules: [
    { flag: 'lines', needs: ['jsonl'] },
    { flag: 'rate', needs: ['jsonl', 'count'] },
    { flag: 'concurrency', needs: ['wait', 'outputOnly'], says: { message: '--concurrency needs --wait' } },
    { flag: 'concurrency', needs: ['jsonl', 'count'] },
    { flag: 'onError', needs: ['jsonl'] },
    { flag: 'journal', needs: ['jsonl', 'count'] },
    { flag: 'retryFailed', needs: ['journal'] },
    { flag: 'retryFailed', needs: ['wait', 'outputOnly'], says: { message: '--retry-failed needs --wait' } },
    { flag: 'resendUncertain', needs: ['jsonl', 'count'] },
    { flag: 'reconnectTimeout', needs: ['jsonl', 'count'] },
    ...excluding('jsonl', ['payload', 'set', 'setJson', 'count', 'taskId', 'trace', 'goal', 'verify', 'dryRun']),
    ...excluding('count', ['taskId', 'trace', 'goal', 'verify', 'dryRun']),
    { flag: 'resendUncertain', excludes: 'wait', unless: ['journal'] },
    { flag: 'resendUncertain', excludes: 'outputOnly', unless: ['journal'] },
  ],
});

export const SUBMIT = [TASK, GOAL, SENDING, WAITING, BATCH] as const;

/** The command line of `submit`, read and free of contradictions. */
export interface SubmitRequest extends ValuesOf<typeof SUBMIT> {
  readonly workerType: string | undefined;
  /** Undefined: nobody waits. */
  readonly waitMs: number | undefined;
}

export function requestOf([workerType]: readonly string[], flags: ValuesOf<typeof SUBMIT>): SubmitRequest {
  const { wait, trace, outputOnly } = flags;
  return { ...flags, workerType, waitMs: wait ?? (trace || outputOnly ? DEFAULT_WAIT_MS : undefined) };
}

/** Flags that say what a payload shall be sent with; a whole TaskMessage has that already. */
const OF_PAYLOADS = ['tier', 'priority', 'requestId', 'metadata', 'traceParent', 'newTrace'] as const;

const HELP = "See 'heddle-ts submit --help'.";

/** Throws `usage` when nobody is named whom the work is for, or somebody whom it cannot be for. */
export function refuseAddressee(args: readonly string[], written: WrittenFlags<typeof SUBMIT>): void {
  const has = (name: Parameters<typeof written.value>[0]): boolean => written.value(name) !== undefined;
  if (has('goal') && args.length > 0) {
    throw new HeddleError('usage', `a goal is addressed to no worker, and ${quoted(args[0] ?? '')} names one`, {
      hint: HELP,
    });
  }
  if (has('goal') || args.length > 0 || has('config')) return;
  if (!has('jsonl')) {
    // `--wait echo`: the flag takes the next word.
    const wait = written.value('wait');
    const taken =
      typeof wait === 'string' && !/^[\d.]/.test(wait)
        ? `--wait took ${quoted(wait)} as its duration: name the worker first. `
        : '';
    throw new HeddleError('usage', 'submit needs a worker type, or --goal', {
      hint: `${taken}For instance 'heddle-ts submit echo --set text=hello --wait'. ${HELP}`,
    });
  }
  const idle = OF_PAYLOADS.find(has);
  if (idle === undefined) return;
  throw new HeddleError(
    'usage',
    `${written.name(idle)} needs a worker type: without one every line is a whole TaskMessage`,
    { hint: HELP },
  );
}

function excluding<const F extends string, const K extends string>(
  flag: F,
  others: readonly K[],
  hint?: string,
): Rule<F | K>[] {
  return others.map((excludes) => ({ flag, excludes, says: { hint } }));
}

function readParent(id: string): string {
  if (id !== '') return id;
  throw new HeddleError('usage', 'the parent task id is empty', {
    hint: 'Leave --parent out, or name a task or goal.',
  });
}
