import { resolve } from 'node:path';
import type { Imported } from '../../deadletter/import.ts';
import { isComplete } from '../../deadletter/scan.ts';
import { HeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { toggle } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import type { Formats } from '../output-format.ts';
import { counted, formatCount } from '../screen/count.ts';
import { warnOfUnread } from './coverage.ts';
import { HOME, openHome } from './home.ts';
import { HIDDEN, SELECT, selectionOf, since } from './select.ts';

const FORM = flagGroup({
  heading: 'What is written:',
  flags: { originals: toggle('--originals', "the work itself, one a line: what 'submit --jsonl' sends") },
});

/** The lines are the answer; how many they were is talk. */
const EXPORTED = {
  ndjson: (session) => (count, left) => {
    session.talk.info(
      `exported ${counted(count, 'letter')}${left === 0 ? '' : `; of ${formatCount(left)} the work is not known`}`,
    );
  },
} satisfies Formats<(count: number, left: number) => void>;

/** Letters as lines that `tail --from`, `submit --jsonl` and an import read. */
export const exportCommand = command({
  formats: EXPORTED,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter export > letters.ndjson', 'every open letter, as tail records them'],
    ['heddle-ts dead-letter export --all backup.ndjson', 'all of them, into a new file'],
    [
      'heddle-ts dead-letter export --originals --group k3f9x2ab | heddle-ts submit --jsonl -',
      'past the journal, by hand',
    ],
  ],
  operand: ['[file]', 'a new file; else stdout'],
  groups: [SELECT, HIDDEN, FORM, HOME],
  run: async (session, [file], flags) => {
    const [{ chooser }, { look }, { lineWriter }, { exportLine, originalLine }, { originalOf }] = await Promise.all([
      import('../../deadletter/select.ts'),
      import('../../deadletter/look.ts'),
      import('./export-file.ts'),
      import('../../deadletter/export.ts'),
      import('../../deadletter/original-of.ts'),
    ]);
    const now = session.io.clock.now();
    const choose = chooser(await selectionOf(session, flags, { hidden: flags.all }, 'shown'));
    const home = await openHome(session, flags);
    const out = await lineWriter(
      session,
      file === undefined || file === '-' ? undefined : resolve(session.io.cwd, file),
    );
    let count = 0;
    let left = 0;
    let whole = true;
    try {
      const options = { since: since(flags, now), orphanAfterMs: flags.orphanAfter, now, signal: session.stop };
      const { letters, coverage } = await look(home, choose, options);
      for await (const { letter } of letters) {
        const line = flags.originals ? originalLine(await originalOf(home, letter)) : exportLine(letter);
        if (line === undefined) left += 1;
        else {
          count += 1;
          await out.write(line);
        }
        if (session.io.stdout.broken) break;
      }
      session.stop.throwIfAborted();
      warnOfUnread(session, coverage);
      whole = isComplete(coverage);
    } finally {
      await out.close();
    }
    // How many of them somebody took is not known then.
    if (session.io.stdout.broken) return EXIT.no;
    EXPORTED[session.format](session)(count, left);
    return left > 0 || !whole ? EXIT.no : EXIT.ok;
  },
});

const IMPORTED = {
  human:
    (session) =>
    ({ kept, known, well, unreadable, problem }) => {
      const also = [
        ...(known > 0 ? [`${formatCount(known)} were there already`] : []),
        ...(well > 0 ? [`${formatCount(well)} are no failed work`] : []),
        ...(unreadable > 0
          ? [`${formatCount(unreadable)} lines hold no message (line ${problem?.line}: ${problem?.why})`]
          : []),
      ];
      session.print(`imported ${counted(kept, 'letter')}${also.map((each) => `; ${each}`).join('')}`);
    },
  json:
    (session) =>
    ({ kept, known, well, unreadable, problem }) =>
      session.json({
        schema_version: 1,
        ok: unreadable === 0,
        imported: kept,
        known,
        well,
        unreadable,
        problem: problem ?? null,
      }),
} satisfies Formats<(done: Imported) => void>;

/** Keeps what an export or a recording holds. */
export const importCommand = command({
  formats: IMPORTED,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter import letters.ndjson', 'what an export wrote; what is there already stays once'],
    ['heddle-ts dead-letter import recording.ndjson', 'the failed work in what tail --record wrote'],
  ],
  operand: ['<file>', 'lines of an export or of a recording; - for stdin'],
  groups: [HOME],
  run: async (session, [file = ''], flags) => {
    const [{ importLines }, { streamInput }, { readLines }] = await Promise.all([
      import('../../deadletter/import.ts'),
      import('../read-input.ts'),
      import('../../submit/batch/lines.ts'),
    ]);
    const input = await streamInput({ name: file, flag: 'the file' }, session.io, session.stop);
    const home = await openHome(session, flags);
    const lines = async function* (): AsyncGenerator<string> {
      for await (const block of readLines(input)) {
        for (const { number, text } of block) {
          if (text === undefined) throw new HeddleError('input_invalid', `line ${number} is too long, or no UTF-8`);
          yield text;
        }
      }
    };
    const done = await importLines(home, lines(), session.io.clock.now());
    IMPORTED[session.format](session)(done);
    return done.unreadable > 0 ? EXIT.no : EXIT.ok;
  },
});
