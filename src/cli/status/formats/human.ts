import { differenceOf } from '../../../preflight/status-document.ts';
import type { Problem } from '../../../topology/problem.ts';
import { problemsOf } from '../../../topology/problems.ts';
import type { Topology } from '../../../topology/topology.ts';
import { plural } from '../../../topology/wording.ts';
import { adviceText } from '../../remedies.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import { renderTable } from '../../screen/table.ts';
import { afterMark, wrapped } from '../../screen/wrap.ts';
import type { Screen, Session } from '../../session.ts';
import { clientRows, listenerRows, NONE_PENDING, type Row } from '../rows.ts';
import type { StatusView, StatusWriter } from '../view.ts';

/** One table of who is there, then what is wrong. */
export function human({ out: screen, verbose }: Session): StatusWriter {
  return (view) => picture(view, screen, verbose);
}

function picture(view: StatusView, screen: Screen, verbose: boolean): string {
  const { map, kept, expected } = view;
  const { style, width } = screen;
  const difference = differenceOf(map, expected);
  const lines = [headline(view, screen), ''];
  const rows = listenerRows(map, difference, screen);
  if (rows.length === 0) lines.push('  nobody of Heddle is on this bus');
  else lines.push(...table(rows, screen));
  if (verbose)
    lines.push(
      '',
      ...renderTable({ columns: CLIENTS, rows: clientRows(map), width, headerStyle: style.faint, indent: 2 }),
    );
  const problems = problemsOf(map, kept);
  if (problems.length > 0)
    lines.push('', style.strong('problems'), ...problems.flatMap((problem) => problemLines(problem, screen)));
  if (map.gaps.length > 0)
    lines.push('', style.strong('out of sight'), ...map.gaps.flatMap((gap) => wrapped(gap, width, '  ')));
  return `${lines.join('\n')}\n`;
}

const COLUMNS = [
  { header: 'ROLE' },
  { header: 'NAME', shrinks: true },
  { header: 'TIER' },
  { header: 'GROUP' },
  { header: 'REPLICAS', align: 'right' },
  { header: 'HANDLED', align: 'right' },
  { header: 'PENDING', align: 'right' },
  { header: 'RTT', align: 'right' },
  { header: '', shrinks: true },
] as const;

/** Columns that say the same of everybody are left out. */
function table(rows: readonly Row[], { style, width }: Screen): string[] {
  const told = COLUMNS.map((_, at) =>
    rows.some((row) => row[at] !== undefined && row[at] !== '' && row[at] !== NONE_PENDING),
  );
  const keep = <T>(cells: readonly T[]): T[] => cells.filter((_, at) => told[at] === true);
  return renderTable({
    columns: keep(COLUMNS),
    rows: rows.map((row) => keep(COLUMNS.map((_, at) => row[at]))),
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

function headline({ map, where }: StatusView, { style }: Screen): string {
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
  const cluster = servers[0]?.cluster;
  const count = servers.length === 1 ? 'nats-server' : `${servers.length} servers`;
  return disarmLine(`${count} ${versions}${cluster === undefined ? '' : ` in cluster ${cluster}`}`);
}

function problemLines(problem: Problem, { style, unicode, width }: Screen): string[] {
  const { severity, message } = problem;
  const symbols = symbolsFor(unicode);
  const symbol = severity === 'error' ? symbols.fail : symbols.warn;
  const [first, ...rest] = afterMark(symbol, message, width, '  ');
  const [go, ...on] = afterMark(symbols.arrow, adviceText(problem), width, '    ');
  const remedy = [`    ${symbols.arrow} ${go}`, ...on].map((line) => style.accent(line));
  return [`  ${(severity === 'error' ? style.bad : style.warn)(symbol)} ${first}`, ...rest, ...remedy];
}
