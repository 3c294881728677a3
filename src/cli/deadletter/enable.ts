import type { Enabled } from '../../deadletter/enable.ts';
import type { Difference } from '../../store/stream.ts';
import { unlessAborted } from '../../time/wait.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { formatDuration } from '../flags/duration.ts';
import { oneOf, refusal, textOr, toggle } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import { readAge } from '../flags/since.ts';
import { formatSize, size } from '../flags/size.ts';
import { wholeFrom } from '../flags/whole-number.ts';
import type { Formats } from '../output-format.ts';
import { disarmLine } from '../screen/disarm.ts';

const DAY_MS = 86_400_000;
const MEBIBYTE = 1024 * 1024;

const KEPT = flagGroup({
  heading: 'What is kept:',
  flags: {
    results: refusal('--no-results', 'not the results: no failed ones, and no failed goals'),
    rejections: refusal('--no-rejections', 'not what a later Heddle rejected, where that keeps it itself'),
    tasks: toggle('--tasks', 'tasks on their way to workers, too: originals of failed results, and orphans'),
  },
});

const LIMITS = flagGroup({
  heading: 'Limits, of each stream (the oldest make room):',
  flags: {
    maxAge: textOr('--max-age <duration>', 'how long (default 30d)', readAge, 30 * DAY_MS),
    maxBytes: textOr(
      '--max-bytes <size>',
      'how much (default 256MiB)',
      size({ min: MEBIBYTE, max: Number.MAX_SAFE_INTEGER }),
      256 * MEBIBYTE,
    ),
    replicas: textOr('--replicas <n>', 'servers of a cluster that have them (default 1)', wholeFrom(1, 5), 1),
    storage: oneOf('--storage <kind>', ['file', 'memory'], 'where the server keeps them (default file)'),
    yes: toggle('--yes', 'change what stands and differs'),
  },
});

const FORMATS = {
  human: (session) => (done) => session.print(inWords(done)),
  json: (session) => (done, ok) =>
    session.json({
      schema_version: 1,
      ok,
      streams: done.map(({ name, captures, by, partly, made, changed, differences }) => ({
        name,
        captures: captures ?? null,
        kept_by: by,
        partly,
        made,
        changed,
        differences: differences.map(({ what, is, wanted }) => ({ what, is: is ?? null, wanted })),
      })),
    }),
} satisfies Formats<(done: readonly Enabled[], ok: boolean) => void>;

/** Makes the streams, or says in what those that stand differ. */
export const enableCommand = command({
  formats: FORMATS,
  connects: true,
  examples: [
    ['heddle-ts dead-letter enable', 'refusals and results are kept from now on, for 30 days'],
    ['heddle-ts dead-letter enable --tasks', 'and what was sent to workers: failed tasks can be sent again'],
    ['heddle-ts dead-letter enable --max-age 7d --yes', 'changes the streams that stand'],
  ],
  groups: [KEPT, LIMITS],
  run: async (session, _args, { results, rejections, tasks, maxAge, maxBytes, replicas, storage = 'file', yes }) => {
    const [{ enable }, { LAYOUT, PARTS }] = await Promise.all([
      import('../../deadletter/enable.ts'),
      import('../../letters/layout.ts'),
    ]);
    const wanted = { letters: true, results, rejections, tasks, imported: false };
    const parts = PARTS.filter((part) => wanted[part]);
    const bus = await session.connect();
    const limits = { maxAgeMs: maxAge, maxBytes, replicas, storage };
    const done = await unlessAborted(
      enable(bus, { parts, ...limits, change: yes, clock: session.io.clock }),
      session.stop,
    );
    const ok = done.every(({ partly, differences, changed }) => !partly && (differences.length === 0 || changed));
    FORMATS[session.format](session)(done, ok);
    if (done.some(({ captures, by }) => captures === LAYOUT.tasks.captures && by.length === 0)) {
      session.talk.info(
        'A stream over tasks counts as a listener for the server: who sends to a worker directly is not told any more that none is there.',
      );
    }
    return ok ? EXIT.ok : EXIT.no;
  },
});

function inWords(done: readonly Enabled[]): string {
  const lines = done.flatMap(({ name, captures, by, partly, made, changed, differences }) => {
    const what = captures === undefined ? disarmLine(name) : `${disarmLine(name)} (${captures})`;
    if (partly) {
      return [
        `not made ${what}: ${by.map(disarmLine).join(', ')} ${by.length === 1 ? 'keeps' : 'keep'} some of these subjects, and a server lets no two streams keep the same; the others are not kept`,
      ];
    }
    if (by.length > 0) return [`kept by ${by.map(disarmLine).join(', ')} already: ${captures ?? name}`];
    if (made) return [`made ${what}`];
    if (differences.length === 0) return [`stands ${what}`];
    return [
      `${changed ? 'changed' : 'differs'} ${what}`,
      ...differences.map((each) => `  ${difference(each, changed)}`),
    ];
  });
  if (done.some(({ differences, changed }) => differences.length > 0 && !changed)) {
    lines.push('Nothing that stands was changed; --yes changes it.');
  }
  return lines.join('\n');
}

function difference({ what, is, wanted }: Difference, changed: boolean): string {
  const [from, to] = [is, wanted].map((value) => valueText(what, value));
  return changed ? `${what}: ${to}, was ${from}` : `${what}: is ${from}, asked for ${to}`;
}

function valueText(what: string, value: Difference['is']): string {
  if (value === undefined) return 'without a limit';
  if (typeof value === 'number')
    return /Ms$/.test(what) ? ageText(value) : /Bytes$/.test(what) ? formatSize(value) : String(value);
  return typeof value === 'string' ? value : value.join(', ');
}

export function ageText(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : formatDuration(ms);
}
