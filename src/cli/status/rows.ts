import type { Difference } from '../../preflight/status-document.ts';
import { groupsOf } from '../../topology/build-topology.ts';
import type { Connection } from '../../topology/connection.ts';
import { gatewayInputsOf, gatewayNameOf } from '../../topology/role.ts';
import type { GroupView, Listener, Topology } from '../../topology/topology.ts';
import { inBytes } from '../../topology/wording.ts';
import { formatDuration } from '../flags/duration.ts';
import type { Cell } from '../screen/table.ts';
import type { Screen } from '../session.ts';

export type Row = readonly Cell[];

/** What `inBytes` makes of nothing. */
export const NONE_PENDING = '0 B';

/** The table's rows, in the order in which a task meets them. */
export function listenerRows(map: Topology, { absent, unconfigured }: Difference, { style }: Screen): Row[] {
  const rows: Row[] = [];
  const group = (role: string, name: string, tier: string, view: GroupView, note: Cell = undefined): void => {
    rows.push([role, { text: name, style: style.accent }, tier, groupName(view.queue, name), ...figures(view), note]);
  };
  for (const view of groupsOf(map.routers)) group('router', '', '', view);
  for (const { type, tier, groups } of map.workers) {
    const unknown = unconfigured.some((each) => each.type === type && each.tier === tier);
    for (const view of groups)
      group('worker', type, tier, view, unknown ? { text: 'not configured', style: style.warn } : undefined);
  }
  for (const { type, tier, file } of absent) {
    rows.push([
      'worker',
      { text: type, style: style.accent },
      tier,
      '-',
      0,
      '',
      '',
      '',
      { text: `absent (${file})`, style: style.bad },
    ]);
  }
  for (const view of map.goalTakers) group('goal taker', '', '', view);
  const bySubject = (
    role: string,
    listeners: readonly Listener[],
    nameOf: (subject: string) => string,
    noteOf: (subject: string) => Cell = () => undefined,
  ): void => {
    for (const subject of new Set(listeners.map((each) => each.subject))) {
      for (const view of groupsOf(listeners.filter((each) => each.subject === subject)))
        group(role, nameOf(subject), '', view, noteOf(subject));
    }
  };
  for (const view of groupsOf(map.gateways)) group('gateway', nameOfGateway(view), '', view, inputsNote(view));
  bySubject('dead letters', map.deadLetterListeners, () => '');
  merged('results', map.resultListeners);
  bySubject('scheduler', map.schedulers, (subject) => subject.replace('heddle.scheduler.', ''));
  bySubject('reload', map.controlListeners, () => '');
  bySubject('watcher', map.watchers, (subject) => subject, eventNote);
  const count = (role: string, words: string, connections: readonly Connection[]): void => {
    if (connections.length > 0) rows.push([role, { text: words, style: style.faint }, '', '-', connections.length]);
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

/** Generation C's subjects, which no actor of ours takes, by their second token. */
function eventNote(subject: string): Cell {
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
function inputsNote({ members }: GroupView): Cell {
  const inputs = [...new Set(members.flatMap(({ connection }) => gatewayInputsOf(connection)))].sort();
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

function figures({ replicas, received, pendingBytes, slowestRttMs }: GroupView): Cell[] {
  return [replicas, received, inBytes(pendingBytes), slowestRttMs === undefined ? '' : formatDuration(slowestRttMs)];
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
