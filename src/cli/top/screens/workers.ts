import { TROUBLES, type WorkerRow, workerRows } from '../../../top/workers.ts';
import { countOf } from '../../../topology/http-workers.ts';
import { who } from '../../../topology/wording.ts';
import { formatSize } from '../../flags/size.ts';
import { adviceText } from '../../remedies.ts';
import { counted, formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { wrapped } from '../../screen/wrap.ts';
import type { Look, TopScreen, TopState } from '../screen.ts';
import { clockText, msText, rateText, shellWord, UNKNOWN } from '../words.ts';

/** Who works: each type and tier, the broken ones first, then by name. */
export const workers: TopScreen<WorkerRow> = {
  title: 'Workers',
  rows: ({ model }) => {
    const rank = ({ trouble }: WorkerRow): number =>
      trouble === undefined ? TROUBLES.length : TROUBLES.indexOf(trouble);
    return [...workerRows(model)].sort((a, b) => rank(a) - rank(b));
  },
  id: ({ type, tier }) => `${type}\n${tier}`,
  fields: ({
    type,
    tier,
    groups,
    replicas,
    overHttp,
    inFlight,
    rate,
    p50,
    p99,
    failed,
    pendingBytes,
    lastAt,
    trouble,
  }) => ({
    worker_type: type,
    tier: tier ?? null,
    group: groups.join(',') || null,
    replicas: replicas ?? null,
    over_http: replicas === undefined ? null : overHttp.reduce((sum, lane) => sum + countOf(lane), 0),
    in_flight: inFlight,
    per_second: rate ?? null,
    p50_ms: p50 ?? null,
    p99_ms: p99 ?? null,
    failed,
    pending_bytes: pendingBytes ?? null,
    last_seen: lastAt === undefined ? null : new Date(lastAt).toISOString(),
    trouble: trouble ?? null,
  }),
  columns: [
    { key: 'trouble', header: '', cell: signOf },
    {
      key: 'worker_type',
      header: 'TYPE',
      shrinks: true,
      cell: ({ type }, { style }) => ({ text: type, style: style.accent }),
    },
    { key: 'tier', header: 'TIER', rank: 1, cell: ({ tier }) => tier ?? UNKNOWN },
    { key: 'group', header: 'GROUP', shrinks: true, rank: 8, cell: groupText },
    { key: 'replicas', header: 'REPLICAS', align: 'right', rank: 3, cell: replicasCell },
    { key: 'in_flight', header: 'FLIGHT', align: 'right', cell: ({ inFlight }) => formatCount(inFlight) },
    { key: 'per_second', header: 'RATE', align: 'right', rank: 2, cell: ({ rate }) => rateText(rate) },
    { key: 'p50_ms', header: 'P50', align: 'right', rank: 6, cell: ({ p50 }) => msText(p50) },
    { key: 'p99_ms', header: 'P99', align: 'right', rank: 5, cell: ({ p99 }) => msText(p99) },
    { key: 'failed', header: 'FAILED', align: 'right', cell: failedCell },
    {
      key: 'pending_bytes',
      header: 'PENDING',
      align: 'right',
      rank: 7,
      cell: ({ pendingBytes }) => (pendingBytes === undefined ? UNKNOWN : formatSize(pendingBytes)),
    },
    { key: 'last_seen', header: 'LAST', align: 'right', rank: 4, cell: ({ lastAt }) => clockText(lastAt) },
  ],
  head: (rows, { model }) => {
    const replicas = rows.reduce((sum, each) => sum + (each.replicas ?? 0), 0);
    const types = counted(new Set(rows.map(({ type }) => type)).size, 'type');
    const known = model.roles.known ? counted(replicas, 'replica') : 'replicas unknown';
    return `${counted(rows.length, 'worker')} of ${types}, ${known}`;
  },
  nothing: ({ model }) =>
    model.roles.known
      ? 'no worker is on the bus, and no task passed since this view began'
      : `who is on the bus is unknown: ${model.roles.reason}`,
  detail: (row, state, look) => [
    disarmLine(`${row.type} ${row.tier ?? '(tier unknown)'}`),
    '',
    ...problemsOf(row, state, look),
    ...membersOf(row, state, look),
  ],
  commands: (_rows, where) => {
    const only = /^(worker_type|tier)={1,2}([^ ]+)$/.exec(where?.written ?? '');
    const flags = only === null ? [] : [only[1] === 'tier' ? '--tier' : '--worker', shellWord(only[2] ?? '')];
    return [
      ['heddle-ts status', ...flags, '-o json'].join(' '),
      ['heddle-ts tail --pair --stats 10s -o ndjson', ...flags].join(' '),
    ];
  },
};

function signOf({ trouble }: WorkerRow, { style, symbols }: Look) {
  if (trouble === undefined) return '';
  const bad = trouble === 'absent' || trouble === 'error';
  return { text: bad ? symbols.fail : symbols.warn, style: bad ? style.bad : style.warn };
}

function groupText({ groups, type, replicas, overHttp }: WorkerRow): string {
  if (replicas === undefined) return UNKNOWN;
  const shown = groups.map((group) => (group.endsWith(`-${type}`) ? group.slice(0, -type.length - 1) : group));
  return [...shown, ...(overHttp.some((lane) => countOf(lane) > 0) ? ['HTTP'] : [])].join(', ') || '-';
}

function replicasCell({ replicas }: WorkerRow, { style }: Look) {
  if (replicas === undefined) return UNKNOWN;
  return { text: String(replicas), style: replicas === 0 ? style.bad : undefined };
}

function failedCell({ failed }: WorkerRow, { style }: Look) {
  return { text: formatCount(failed), style: failed > 0 ? style.bad : undefined };
}

function problemsOf({ type, tier, trouble }: WorkerRow, { model: { roles } }: TopState, { width }: Look): string[] {
  if (trouble === 'absent')
    return [disarmLine(`nobody listens on its tasks: what is sent to ${type}.${tier} is not worked on`), ''];
  const problems = roles.known ? roles.problems.filter(({ target }) => target === `${type}.${tier}`) : [];
  return problems.flatMap((problem) => [
    ...wrapped(problem.message, width, ''),
    ...wrapped(adviceText(problem), width, '  '),
    '',
  ]);
}

function membersOf({ type, tier, overHttp }: WorkerRow, { model: { roles } }: TopState, { width }: Look): string[] {
  if (!roles.known) return [disarmLine(`who serves it is unknown: ${roles.reason}`)];
  const http = [
    ...overHttp.map(
      (lane) =>
        `over HTTP by gateway ${lane.gateway} (mode ${lane.mode}): ${counted(countOf(lane), 'worker')}, ${formatCount(lane.leases)} tasks at work, ${formatCount(lane.buffered)} waiting there`,
    ),
    ...roles.http.unknown,
  ].flatMap((line) => wrapped(line, width, ''));
  const view = roles.map.workers.find((each) => each.type === type && each.tier === tier);
  if (view === undefined) return ['nobody listens for it on the bus itself', ...http];
  const listeners = view.groups.flatMap(({ queue, replicas, received, members }) => [
    `${disarmLine(queue ?? 'no queue group')}: ${counted(replicas, 'replica')}, ${formatCount(received)} tasks delivered`,
    ...wrapped(who(members.map(({ connection }) => connection)), width, '  '),
  ]);
  return [...listeners, ...http];
}
