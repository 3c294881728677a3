import type { JsonObject } from '../../../contract/json.ts';
import type { GapRecord } from '../../../tail/record.ts';
import type { BusModel } from '../../../top/model.ts';
import { type BusProblem, busProblems } from '../../../top/problems.ts';
import { groupsOf } from '../../../topology/build-topology.ts';
import { hearersOf } from '../../../topology/hearers.ts';
import { countOf, type HttpWorkers } from '../../../topology/http-workers.ts';
import { gatewayNameOf, inputsOfAll } from '../../../topology/role.ts';
import type { Topology } from '../../../topology/topology.ts';
import { plural, who } from '../../../topology/wording.ts';
import { workerTotals } from '../../../topology/worker-count.ts';
import { adviceText } from '../../remedies.ts';
import { counted, formatCount } from '../../screen/count.ts';
import { padEnd } from '../../screen/width.ts';
import { afterMark, wrapped } from '../../screen/wrap.ts';
import { gapText } from '../../tail/show/own-text.ts';
import type { Look, TopScreen } from '../screen.ts';
import { clockText, rateText } from '../words.ts';

type BusRow =
  | { readonly row: 'problem'; readonly problem: BusProblem }
  | { readonly row: 'unseen'; readonly text: string }
  | { readonly row: 'gap'; readonly gap: GapRecord }
  | { readonly row: 'figure'; readonly name: string; readonly text: string };

/** The whole bus: what is wrong with it and what helps, what cannot be seen, what passes, who is there. */
export const bus: TopScreen<BusRow> = {
  title: 'Bus',
  showsProblems: true,
  rows: ({ model }) => {
    return [
      ...gone(model).map((text): BusRow => ({ row: 'unseen', text })),
      ...(busProblems(model) ?? []).map((problem): BusRow => ({ row: 'problem', problem })),
      ...unseen(model).map((text): BusRow => ({ row: 'unseen', text })),
      ...[...model.gaps]
        .reverse()
        .slice(0, MOST_GAPS)
        .map((gap): BusRow => ({ row: 'gap', gap })),
      ...figures(model).map(([name, text]): BusRow => ({ row: 'figure', name, text })),
    ];
  },
  id: (row) => {
    if (row.row === 'problem') return `${row.problem.id} ${row.problem.target}`;
    return row.row === 'gap' ? row.gap : row.row === 'figure' ? row.name : row.text;
  },
  fields: fieldsOf,
  places: ['problem', 'severity', 'target', 'text', 'hint', 'unseen', 'gap', 'missed', 'figure'],
  lines: linesOf,
  head: (_rows, { model }) => {
    const { roles } = model;
    if (!roles.known) return `who is on the bus is unknown: ${roles.reason}`;
    const { readAt, stale } = roles;
    const problems = busProblems(model) ?? [];
    const read = stale === undefined ? '' : `, as of ${clockText(readAt)}: ${stale}`;
    return problems.length === 0
      ? `nothing is wrong as far as the servers tell${read}`
      : `${counted(problems.length, 'problem')}${read}`;
  },
  nothing: () => '',
  detail: (row, _state, look) => linesOf(row, look),
  commands: () => ['heddle-ts status -o json', 'heddle-ts preflight -o json'],
};

const MOST_GAPS = 5;

function gone({ link }: BusModel): string[] {
  if (link.up) return [];
  const why = link.reason === undefined ? '' : `: ${link.reason}`;
  return [`the bus is gone since ${clockText(link.since)}${why}; it is tried again and again`];
}

function unseen({ roles, unheard, lost }: BusModel): string[] {
  return [
    ...(roles.known ? [...roles.map.gaps, ...roles.http.unknown] : [`who is on the bus is unknown: ${roles.reason}`]),
    ...(unheard.length === 0
      ? []
      : [`this user may not listen to ${unheard.join(', ')}: what passes there is unknown`]),
    ...(lost.dropped === 0
      ? []
      : [`${counted(lost.dropped, 'message')} came faster than they could be looked at: they are in no figure here`]),
  ];
}

function figures(model: BusModel): (readonly [string, string])[] {
  const { flows, tasks, goals, roles, beganAt } = model;
  const flow = (name: keyof typeof flows): string =>
    `${rateText(flows[name].perSecond)}, ${formatCount(flows[name].count)} since ${clockText(beganAt)}`;
  return [
    ['messages', flow('messages')],
    ['tasks', `${flow('tasks')}; each is counted on its way to the router, and from it`],
    ['results', flow('results')],
    ['failed', flow('failures')],
    ['refused', flow('refusals')],
    [
      'in flight',
      `${formatCount(tasks.openCount)}, ${formatCount(tasks.orphans.length)} given up${forgottenText(tasks.forgotten)}`,
    ],
    ['goals', `${formatCount(goals.runningCount)} running, ${flow('goals')}`],
    ...(roles.known ? people(roles.map, roles.http) : []),
  ];
}

function forgottenText(count: number): string {
  return count === 0 ? '' : `, ${formatCount(count)} more too many to follow`;
}

function people(map: Topology, http: HttpWorkers): (readonly [string, string])[] {
  const { routers, goalTakers, watchers, servers, connections } = map;
  const { replicas, types } = workerTotals(map, http);
  const overHttp = http.lanes.reduce((sum, lane) => sum + countOf(lane), 0);
  const ofThem = http.unknown.length > 0 ? ', over HTTP unknown' : overHttp > 0 ? `, ${overHttp} over HTTP` : '';
  const takers = goalTakers.flatMap(({ queue, replicas: many }) => `${many} in ${queue ?? 'no group'}`);
  const deaf = hearersOf(map, 'heddle.tasks.dead_letter');
  const versions = [...new Set(servers.map(({ version }) => version ?? 'unknown'))].join(' and ');
  return [
    [
      'routers',
      listed(
        routers.length,
        groupsOf(routers).flatMap(({ members }) => members.map((each) => each.connection)),
      ),
    ],
    ['workers', `${counted(replicas, 'replica')} of ${counted(types, 'type')}${ofThem}`],
    ['goal takers', takers.join(', ') || 'none'],
    ...(map.gateways.length === 0 ? [] : [['gateways', gatewaysText(map.gateways)] as const]),
    ['dead letters', `heard by ${deaf.actors.length}, watched by ${deaf.watchers.length}`],
    ['watchers', String(new Set(watchers.map(({ connection }) => `${connection.serverId} ${connection.cid}`)).size)],
    [
      'servers',
      `${servers.length} (nats-server ${versions}), ${connections.length} ${plural(connections.length, 'connection')}`,
    ],
  ];
}

/** With what else work comes to them from, as far as it is there: a broker that is connected, a program that runs. */
function gatewaysText(gateways: Topology['gateways']): string {
  const names = [...new Set(gateways.map(gatewayNameOf))].sort();
  return names
    .map((name) => {
      const replicas = gateways.filter((each) => gatewayNameOf(each) === name);
      const inputs = inputsOfAll(replicas).join(', ');
      return `${name === '' ? '' : `${name}, `}${counted(replicas.length, 'replica')}${inputs === '' ? '' : `, with ${inputs}`}`;
    })
    .join('; ');
}

function listed(count: number, connections: Parameters<typeof who>[0]): string {
  return count === 0 ? 'none' : `${count}: ${who(connections)}`;
}

function fieldsOf(row: BusRow): JsonObject {
  switch (row.row) {
    case 'problem': {
      const { id, severity, target, message } = row.problem;
      return { problem: id, severity, target, text: message, hint: adviceText(row.problem) };
    }
    case 'unseen':
      return { unseen: true, text: row.text };
    case 'gap':
      return { gap: row.gap.reason, text: gapText(row.gap), missed: row.gap.missed ?? null };
    case 'figure':
      return { figure: row.name, text: row.text };
  }
}

const NAME_WIDTH = 14;
const MARK = 2;

function linesOf(row: BusRow, look: Look): readonly string[] {
  const { style, symbols } = look;
  const width = look.width - MARK;
  switch (row.row) {
    case 'problem': {
      const bad = row.problem.severity === 'error';
      const [first, ...rest] = afterMark(bad ? symbols.fail : symbols.warn, row.problem.message, width, '');
      const [go, ...on] = afterMark(symbols.arrow, adviceText(row.problem), width, '  ');
      const advice = [`  ${symbols.arrow} ${go}`, ...on].map((line) => style.accent(line));
      return [`${(bad ? style.bad : style.warn)(bad ? symbols.fail : symbols.warn)} ${first}`, ...rest, ...advice];
    }
    case 'unseen':
      return wrapped(row.text, width, '').map((line) => style.warn(line));
    case 'gap':
      return wrapped(`gap: ${gapText(row.gap)}`, width, '').map((line) => style.warn(line));
    case 'figure': {
      const [first = '', ...rest] = wrapped(row.text, width, ' '.repeat(NAME_WIDTH));
      return [`${style.faint(padEnd(row.name, NAME_WIDTH))}${first.trimStart()}`, ...rest];
    }
  }
}
