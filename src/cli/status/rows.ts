import type { Difference } from '../../preflight/status-document.ts';
import { groupsOf } from '../../topology/build-topology.ts';
import type { Connection } from '../../topology/connection.ts';
import { countOf, type HttpWorkers } from '../../topology/http-workers.ts';
import { gatewayNameOf, gatewaysAmong, inputsOfAll, isGateway } from '../../topology/role.ts';
import type { GroupView, Listener, Topology } from '../../topology/topology.ts';
import { inBytes } from '../../topology/wording.ts';
import { formatDuration } from '../flags/duration.ts';
import type { Cell } from '../screen/table.ts';
import type { Screen } from '../session.ts';

export type Row = readonly Cell[];

/** What `inBytes` makes of nothing. */
export const NONE_PENDING = '0 B';

/** Those who listen on one subject in one group, or who are counted together. */
export interface ListenerRow {
  readonly role: string;
  readonly name: string;
  readonly tier: string;
  readonly group: string;
  /** Undefined where it is not known. */
  readonly replicas: number | undefined;
  /** Undefined where it is not counted: of who is absent, or hears nothing. */
  readonly received?: number | undefined;
  readonly pendingBytes?: number | undefined;
  readonly rttMs?: number | undefined;
  /** Messages delivered a second, where two readings tell. */
  readonly perSecond?: number | undefined;
  readonly note?: string | undefined;
  /** How the note is meant; without it, it only says more. */
  readonly tone?: 'warn' | 'bad' | undefined;
  /** No name of somebody, but words for several. */
  readonly several?: true | undefined;
}

/** In the order in which a task meets them. */
export function listenerRows(map: Topology, { absent, unconfigured }: Difference, http: HttpWorkers): ListenerRow[] {
  const rows: ListenerRow[] = [];
  const group = (role: string, name: string, tier: string, view: GroupView, more: Partial<ListenerRow> = {}): void => {
    const { replicas, received, pendingBytes, slowestRttMs: rttMs } = view;
    rows.push({
      role,
      name,
      tier,
      group: groupName(view.queue, name),
      replicas,
      received,
      pendingBytes,
      rttMs,
      ...more,
    });
  };
  for (const view of groupsOf(map.routers)) group('router', '', '', view);
  const overHttp = httpRows(map, http);
  for (const { type, tier, groups } of map.workers) {
    const unknown = unconfigured.some((each) => each.type === type && each.tier === tier);
    for (const view of groups) {
      const members = view.members.filter(({ connection }) => !isGateway(connection));
      const [own] = groupsOf(members);
      if (own !== undefined) group('worker', type, tier, own, unknown ? { note: 'not configured', tone: 'warn' } : {});
    }
    rows.push(...overHttp.filter((row) => row.name === type && row.tier === tier));
  }
  rows.push(...overHttp.filter((row) => !rows.includes(row)));
  for (const { type, tier, file } of absent) {
    rows.push({ role: 'worker', name: type, tier, group: '-', replicas: 0, note: `absent (${file})`, tone: 'bad' });
  }
  for (const view of map.goalTakers) group('goal taker', '', '', view);
  const bySubject = (
    role: string,
    listeners: readonly Listener[],
    nameOf: (subject: string) => string,
    noteOf: (subject: string) => string | undefined = () => undefined,
  ): void => {
    for (const subject of new Set(listeners.map((each) => each.subject))) {
      for (const view of groupsOf(listeners.filter((each) => each.subject === subject)))
        group(role, nameOf(subject), '', view, { note: noteOf(subject) });
    }
  };
  for (const view of groupsOf(map.gateways))
    group('gateway', nameOfGateway(view), '', view, { note: inputsNote(view) });
  bySubject('dead letters', map.deadLetterListeners, () => '');
  merged('results', map.resultListeners);
  bySubject('scheduler', map.schedulers, (subject) => subject.replace('heddle.scheduler.', ''));
  bySubject('reload', map.controlListeners, () => '');
  bySubject('watcher', map.watchers, (subject) => subject, eventNote);
  const count = (role: string, name: string, { length: replicas }: readonly Connection[]): void => {
    if (replicas > 0) rows.push({ role, name, tier: '', group: '-', replicas, several: true });
  };
  count('silent', 'hear nothing', map.silent);
  count('observer', [...new Set(map.observers.map(({ name }) => name ?? ''))].sort().join(', '), map.observers);
  count('other', 'not of Heddle', map.others);
  return rows;

  /** Each goal that is waited for has a subject of its own: many of them are one line. */
  function merged(role: string, listeners: readonly Listener[]): void {
    const subjects = new Set(listeners.map(({ subject }) => subject));
    if (subjects.size <= MANY) return bySubject(role, listeners, (subject) => subject.replace('heddle.results.', ''));
    for (const view of groupsOf(listeners)) group(role, `${subjects.size} subjects`, '', view);
  }
}

const MANY = 5;

/** In which those stand that no server sees. */
export const HTTP_GROUP = 'HTTP';

/** Workers over HTTP, by the gateway that hands them their tasks; one that takes tasks and does not tell for whom has a row, too. */
function httpRows({ workers }: Topology, { lanes }: HttpWorkers): ListenerRow[] {
  const taking = workers.flatMap(({ type, tier, groups }) =>
    gatewaysAmong(groups).map((gateway) => ({ gateway, type, tier })),
  );
  const isOf = (lane: (typeof taking)[number]) => (other: (typeof taking)[number]) =>
    other.gateway === lane.gateway && other.type === lane.type && other.tier === lane.tier;
  const head = ({ type: name, tier }: (typeof taking)[number]) => ({ role: 'worker', name, tier, group: HTTP_GROUP });
  const told = lanes
    .filter((lane) => countOf(lane) + lane.leases + lane.buffered > 0 || lane.full || taking.some(isOf(lane)))
    .map((lane): ListenerRow => {
      const { gateway, mode, unnamedPolls, leases, buffered, full } = lane;
      const parts = [
        `over HTTP by gateway ${gateway}`,
        mode === 'durable' && 'kept in a stream',
        unnamedPolls > 0 && `${unnamedPolls} without a name`,
        leases > 0 && `${leases} at work`,
        buffered > 0 && `${buffered} waiting`,
        full && 'the stream is full',
      ];
      const note = parts.filter((part) => part !== false).join(', ');
      return { ...head(lane), replicas: countOf(lane), note, tone: full ? 'bad' : undefined };
    });
  const untold = taking
    .filter((lane) => !lanes.some(isOf(lane)))
    .map((lane): ListenerRow => {
      const note = `over HTTP by gateway ${lane.gateway}: how many is unknown`;
      return { ...head(lane), replicas: undefined, note, tone: 'warn' };
    });
  return [...told, ...untold];
}

/** Generation C's subjects, which no actor of ours takes, by their second token. */
function eventNote(subject: string): string | undefined {
  const [root, family = ''] = subject.split('.');
  return root === 'heddle' ? EVENT_NOTES.get(family) : undefined;
}

const EVENT_NOTES = new Map([
  ['events', 'events of generation C'],
  ['commands', 'commands of generation C'],
  ['rejections', 'rejections of generation C (a second kind of dead letter)'],
  ['dedup', 'what generation C has handled'],
]);

/** What else work comes to it from. */
function inputsNote({ members }: GroupView): string | undefined {
  const inputs = inputsOfAll(members);
  return inputs.length === 0 ? undefined : inputs.join(', ');
}

function nameOfGateway({ queue, members: [first] }: GroupView): string {
  return first === undefined ? '' : gatewayNameOf({ connection: first.connection, queue });
}

/** The group that belongs to the name is told by its kind alone; any other in full. */
function groupName(queue: string | undefined, name: string): string {
  if (queue === undefined) return '-';
  for (const kind of ['processors', 'workers']) if (queue === `${kind}-${name}`) return kind;
  return queue;
}

/** The cells of a row, in the order of the table's columns. */
export function cellsOf(row: ListenerRow, { style }: Screen): Row {
  const { role, name, tier, group, replicas, received, perSecond, pendingBytes, rttMs, note, tone, several } = row;
  return [
    role,
    { text: name, style: several === true ? style.faint : style.accent },
    tier,
    group,
    replicas ?? '?',
    received,
    perSecond === undefined ? '' : `${perSecond.toFixed(perSecond < 10 && perSecond > 0 ? 1 : 0)}/s`,
    pendingBytes === undefined ? '' : inBytes(pendingBytes),
    rttMs === undefined ? '' : formatDuration(rttMs),
    note === undefined ? undefined : { text: note, style: tone === undefined ? undefined : style[tone] },
  ];
}

/** Every client but ourselves. */
export function clientRows({ connections }: Topology): Row[] {
  return connections
    .filter(({ self, kind }) => !self && kind === 'Client')
    .map((each) => [
      each.name ?? '-',
      each.address ?? '',
      language(each),
      each.rttMs === undefined ? '' : formatDuration(each.rttMs),
      subjects(each),
    ]);
}

function language({ lang, version }: Connection): string {
  return [lang, version].filter((word) => word !== undefined).join(' ');
}

function subjects({ subscriptions }: Connection): string {
  const shown = subscriptions.filter(({ subject }) => !subject.startsWith('_'));
  return shown.map(({ subject, queue }) => (queue === undefined ? subject : `${subject} (${queue})`)).join(', ') || '-';
}
