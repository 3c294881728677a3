import type { Problem } from '../../../topology/problem.ts';
import type { Topology } from '../../../topology/topology.ts';
import { plural } from '../../../topology/wording.ts';
import { adviceText } from '../../remedies.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { fitParts } from '../../screen/fit-parts.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import { renderTable } from '../../screen/table.ts';
import { afterMark, wrapped } from '../../screen/wrap.ts';
import type { Screen, Session } from '../../session.ts';
import { asksMore, chosenHttp, chosenMap, isNarrow, nothingChosen } from '../choice.ts';
import { cellsOf, clientRows, type ListenerRow, NONE_PENDING } from '../rows.ts';
import { totalParts } from '../totals.ts';
import { type StatusView, type StatusWriter, standingOf } from '../view.ts';

/** One table of who is there, then what is wrong. */
export function human({ out: screen, verbose }: Session): StatusWriter {
  return (view) => picture(view, screen, verbose);
}

function picture(view: StatusView, screen: Screen, verbose: boolean): string {
  const { map, http, choice } = view;
  const { style, width, unicode } = screen;
  const { rows, problems, gaps } = standingOf(view);
  const lines = [headline(view, screen)];
  if (asksMore(choice)) {
    lines.push(
      fitParts(
        totalParts(chosenMap(map, choice), chosenHttp(http, choice), problems, undefined, style),
        width,
        symbolsFor(unicode).ellipsis,
      ),
    );
  }
  lines.push('');
  if (!choice.problems) {
    if (rows.length > 0) lines.push(...listenerTable(rows, screen));
    else if (isNarrow(choice)) lines.push(...wrapped(nothingChosen(map, choice), width, '  '));
    else lines.push('  nobody of Heddle is on this bus');
    if (verbose)
      lines.push(
        '',
        ...renderTable({ columns: CLIENTS, rows: clientRows(map), width, headerStyle: style.faint, indent: 2 }),
      );
  } else if (problems.length === 0) lines.push('  nothing is wrong, as far as the servers tell');
  if (problems.length > 0) {
    if (!choice.problems) lines.push('', style.strong('problems'));
    lines.push(...problems.flatMap((problem) => problemLines(problem, screen)));
  }
  if (gaps.length > 0)
    lines.push('', style.strong('out of sight'), ...gaps.flatMap((gap) => wrapped(gap, width, '  ')));
  return `${lines.join('\n')}\n`;
}

const COLUMNS = [
  { header: 'ROLE' },
  { header: 'NAME', shrinks: true },
  { header: 'TIER' },
  { header: 'GROUP' },
  { header: 'REPLICAS', align: 'right' },
  { header: 'HANDLED', align: 'right' },
  { header: 'RATE', align: 'right' },
  { header: 'PENDING', align: 'right' },
  { header: 'RTT', align: 'right' },
  { header: '', shrinks: true },
] as const;

/** Columns that say the same of everybody are left out. */
export function listenerTable(rows: readonly ListenerRow[], screen: Screen): string[] {
  const { style, width } = screen;
  const cells = rows.map((row) => cellsOf(row, screen));
  const told = COLUMNS.map((_, at) =>
    cells.some((row) => row[at] !== undefined && row[at] !== '' && row[at] !== NONE_PENDING),
  );
  const keep = <T>(row: readonly T[]): T[] => row.filter((_, at) => told[at] === true);
  return renderTable({
    columns: keep(COLUMNS),
    rows: cells.map((row) => keep(COLUMNS.map((_, at) => row[at]))),
    width,
    headerStyle: style.faint,
    indent: 2,
  });
}

const CLIENTS = [
  { header: 'CLIENT', shrinks: true },
  { header: 'ADDRESS' },
  { header: 'LANGUAGE' },
  { header: 'RTT', align: 'right' },
  { header: 'LISTENS ON', shrinks: true },
] as const;

export function headline({ map, where }: StatusView, { style }: Screen): string {
  const { connections, servers } = map;
  const subscriptions = connections.reduce((sum, each) => sum + each.subscriptions.length, 0);
  const parts = [
    serversInWords(map),
    `${connections.length} ${plural(connections.length, 'connection')}`,
    `${subscriptions} ${plural(subscriptions, 'subscription')}`,
  ];
  return `${style.strong(disarmLine(map.source === 'bus' ? where : (servers[0]?.name ?? where)))}  ${parts.join(', ')}`;
}

function serversInWords({ servers }: Topology): string {
  const versions = [...new Set(servers.map(({ version }) => version ?? 'unknown'))].join(' and ');
  // A leaf node without a cluster calls itself one of its own.
  const clusters = new Set(servers.map((each) => each.cluster));
  const [cluster] = clusters;
  const count = servers.length === 1 ? 'nats-server' : `${servers.length} servers`;
  return disarmLine(
    `${count} ${versions}${cluster === undefined || clusters.size > 1 ? '' : ` in cluster ${cluster}`}`,
  );
}

export function problemLines(problem: Problem, { style, unicode, width }: Screen): string[] {
  const { severity, message } = problem;
  const symbols = symbolsFor(unicode);
  const symbol = severity === 'error' ? symbols.fail : symbols.warn;
  const [first, ...rest] = afterMark(symbol, message, width, '  ');
  const [go, ...on] = afterMark(symbols.arrow, adviceText(problem), width, '    ');
  const remedy = [`    ${symbols.arrow} ${go}`, ...on].map((line) => style.accent(line));
  return [`  ${(severity === 'error' ? style.bad : style.warn)(symbol)} ${first}`, ...rest, ...remedy];
}
