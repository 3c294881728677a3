import { coverageDocument, groupDocument } from '../../deadletter/document.ts';
import { type Group, Groups } from '../../deadletter/groups.ts';
import type { Coverage } from '../../deadletter/scan.ts';
import { KIND_WORDS } from '../../letters/kind.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { Formats } from '../output-format.ts';
import { counted, formatCount } from '../screen/count.ts';
import { disarmLine } from '../screen/disarm.ts';
import { renderTable } from '../screen/table.ts';
import type { Screen } from '../session.ts';
import { lookBy } from './chosen.ts';
import { coverageLines } from './coverage.ts';
import { HOME, openHome } from './home.ts';
import { timeText } from './letter-line.ts';
import { HIDDEN, SELECT } from './select.ts';

interface GroupsView {
  readonly groups: readonly Group[];
  readonly total: number;
  /** Sent again, or archived. */
  readonly hidden: number;
  /** Failed while they were read. */
  readonly newSince: number;
  readonly coverage: Coverage;
  readonly where: string;
}

const FORMATS = {
  human: (session) => (view) => session.print(inWords(view, session.out)),
  json: (session) => (view) => session.json(document(view)),
} satisfies Formats<(view: GroupsView) => void>;

/** The first view: failures by cause. */
export const groupsCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter groups', 'what failed, by cause, the most frequent first'],
    ['heddle-ts dead-letter groups --since 1h --worker ocr', 'of the last hour, of one worker'],
    ["heddle-ts dead-letter groups -o json | jq '.groups[0].group'", 'for a script'],
  ],
  groups: [SELECT, HIDDEN, HOME],
  run: async (session, _args, flags) => {
    const { letters, coverage, hidden, newSince, where } = await lookBy(session, flags, {
      hidden: flags.all,
      open: () => openHome(session, flags),
    });
    const groups = new Groups();
    for await (const { letter, standing } of letters) groups.add(letter, standing);
    session.stop.throwIfAborted();
    FORMATS[session.format](session)({
      groups: groups.list(),
      total: groups.total,
      hidden: hidden(),
      newSince: await newSince(),
      coverage,
      where,
    });
    return EXIT.ok;
  },
});

function document({ groups, total, hidden, newSince, coverage, where }: GroupsView) {
  return {
    schema_version: 1,
    ok: true,
    where,
    total,
    hidden,
    new_since_begun: newSince,
    groups: groups.map(groupDocument),
    coverage: coverageDocument(coverage),
  };
}

const COLUMNS = [
  { header: 'GROUP' },
  { header: 'COUNT', align: 'right' },
  { header: 'BACK', align: 'right' },
  { header: 'KIND' },
  { header: 'WORKER', shrinks: true },
  { header: 'LAST' },
  { header: 'REASON', shrinks: true },
] as const;

const LONGEST_REASON = 200;

function inWords(view: GroupsView, { style, width }: Screen): string {
  const { groups, total, hidden, newSince, coverage, where } = view;
  const lines: string[] = [];
  if (groups.length === 0) lines.push(`no dead letters in ${disarmLine(where)}`);
  else {
    const rows = groups.map(({ fingerprint, count, returned, kind, worker, place, lastAt, reason }) => [
      { text: fingerprint, style: style.accent },
      formatCount(count),
      returned === 0 ? '' : formatCount(returned),
      kind,
      worker === undefined ? '-' : place === '' ? worker : `${worker} (${place})`,
      timeText(lastAt),
      reason.slice(0, LONGEST_REASON),
    ]);
    lines.push(...renderTable({ columns: COLUMNS, rows, width, headerStyle: style.faint }), '');
    lines.push(`${counted(total, 'letter')} in ${counted(groups.length, 'group')}, ${kinds(groups)}`);
  }
  if (hidden > 0) lines.push(`${formatCount(hidden)} sent again or archived are not shown (--all shows them)`);
  if (newSince > 0) lines.push(`${formatCount(newSince)} new since you started`);
  lines.push(...coverageLines(coverage).map((line) => style.faint(line)));
  return lines.join('\n');
}

function kinds(groups: readonly Group[]): string {
  const counts = new Map<Group['kind'], number>();
  for (const { kind, count } of groups) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return [...counts]
    .map(([kind, count]) => `${formatCount(count)} ${KIND_WORDS[kind][count === 1 ? 0 : 1]}`)
    .join(', ');
}
