import { coverageDocument, letterDocument } from '../../deadletter/document.ts';
import type { Coverage } from '../../deadletter/scan.ts';
import type { Standing } from '../../deadletter/standing.ts';
import type { Letter } from '../../letters/letter.ts';
import { unlessAborted } from '../../time/wait.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { text } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import { wholeFrom } from '../flags/whole-number.ts';
import type { Formats } from '../output-format.ts';
import { counted, formatCount } from '../screen/count.ts';
import { lookBy } from './chosen.ts';
import { coverageLines } from './coverage.ts';
import { HOME, openHome } from './home.ts';
import { letterLine } from './letter-line.ts';
import { HIDDEN, SELECT } from './select.ts';

const SHOWING = flagGroup({
  heading: 'Showing:',
  flags: { last: text('--last <n>', 'the n latest of them (default: all)', wholeFrom(1, 1_000_000)) },
});

interface ListEnd {
  readonly shown: number;
  /** Match too, and were not shown because only the last so many were asked for. */
  readonly earlier: number;
  readonly hidden: number;
  readonly coverage: Coverage;
}

interface ListWriter {
  letter(letter: Letter, standing: Standing): void;
  end(end: ListEnd): void;
}

const FORMATS = {
  human: (session): ListWriter => ({
    letter: (letter, standing) => session.print(letterLine(letter, standing, session.out)),
    end: ({ shown, earlier, hidden, coverage }) => {
      const before = earlier === 0 ? '' : `, ${formatCount(earlier)} earlier ones match too`;
      const put =
        hidden === 0 ? '' : `; ${formatCount(hidden)} sent again or archived are not shown (--all shows them)`;
      session.talk.info(`${counted(shown, 'letter')}${before}${put}`);
      for (const line of coverageLines(coverage)) session.talk.info(line);
    },
  }),
  ndjson: (session): ListWriter => ({
    letter: (letter, standing) =>
      session.json({ schema_version: 1, record: 'letter', ...letterDocument(letter, standing) }),
    end: ({ shown, earlier, hidden, coverage }) =>
      session.json({ schema_version: 1, record: 'end', shown, earlier, hidden, coverage: coverageDocument(coverage) }),
  }),
} satisfies Formats<ListWriter>;

/** Each letter that matches, the oldest first. */
export const listCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter list --group k3f9x2ab', 'every letter of a group'],
    ['heddle-ts dead-letter list --kind orphan,failed_result --since 1d', 'what got no good answer since yesterday'],
    [
      "heddle-ts dead-letter list --where 'original_task.payload.page>10' -o ndjson",
      'by what was asked, for a program',
    ],
  ],
  groups: [SELECT, HIDDEN, SHOWING, HOME],
  run: async (session, _args, flags) => {
    session.io.stdout.useEventLoop();
    const { letters, coverage, hidden } = await lookBy(session, flags, {
      hidden: flags.all,
      open: () => openHome(session, flags),
    });
    const write = FORMATS[session.format](session);
    const latest: { letter: Letter; standing: Standing }[] = [];
    const most = flags.last;
    let matched = 0;
    for await (const found of letters) {
      matched += 1;
      if (session.io.stdout.broken) return EXIT.ok;
      if (most === undefined) {
        write.letter(found.letter, found.standing);
        if (session.io.stdout.queued > FULL) await unlessAborted(session.io.stdout.drained(), session.stop);
      } else {
        latest.push(found);
        if (latest.length > 2 * most) latest.splice(0, latest.length - most);
      }
    }
    session.stop.throwIfAborted();
    const shown = most === undefined ? [] : latest.slice(-most);
    for (const { letter, standing } of shown) write.letter(letter, standing);
    const count = most === undefined ? matched : shown.length;
    write.end({ shown: count, earlier: matched - count, hidden: hidden(), coverage });
    return EXIT.ok;
  },
});

/** What may wait for a slow reader. */
const FULL = 1024 * 1024;
