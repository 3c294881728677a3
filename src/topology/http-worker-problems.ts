import { processorsGroup } from '../contract/subjects.ts';
import type { HttpLane, HttpWorkers } from './http-workers.ts';
import { tasksStreamOf } from './kept.ts';
import type { Problem } from './problem.ts';
import { isGateway } from './role.ts';
import { type Listener, servesTier, type Topology } from './topology.ts';
import { plural, who } from './wording.ts';
import { membersOf } from './worker-count.ts';

/** What goes wrong between workers over HTTP and those on the bus. */
export function httpWorkerProblems(map: Topology, http: HttpWorkers): Problem[] {
  return [
    ...http.lanes.flatMap((lane) => (lane.mode === 'durable' ? besideStream(map, lane, http) : besideGroup(map, lane))),
    ...fullStreams(http),
  ];
}

/** The stream and each group on the bus have every task. */
function besideStream(map: Topology, { gateway, type, tier }: HttpLane, { lanes }: HttpWorkers): Problem[] {
  const natives = nativesOf(map, type, tier);
  const cores = lanes.filter((each) => each.mode === 'core' && each.type === type && each.tier === tier);
  const others = [
    ...(natives.length === 0
      ? []
      : [`${natives.length} ${plural(natives.length, 'worker')} (${who(natives.map((each) => each.connection))})`]),
    ...cores.map((each) => `gateway ${each.gateway}, which hands them out in mode core`),
  ];
  if (others.length === 0) return [];
  return [
    {
      id: 'http_worker_doubled',
      severity: 'error',
      target: `${type}.${tier}`,
      message: `tasks of ${type}.${tier} are kept in a stream for the workers over HTTP of gateway ${gateway}, and are taken straight from the bus by ${others.join(' and by ')}: every task is worked on by both, and two results carry one task id`,
      hint: `Mode durable owns its type. Stop the others, or hand the type out in mode core and remove the stream ${tasksStreamOf(type)}.`,
    },
  ];
}

/** In mode core they share each task with processors, and with nobody else. */
function besideGroup(map: Topology, { gateway, type, tier }: HttpLane): Problem[] {
  const group = processorsGroup(type);
  const taking = listenersOf(map, type, tier).some(({ connection }) => isGateway(connection));
  const strangers = nativesOf(map, type, tier).filter(({ queue }) => queue !== group);
  // While the gateway takes tasks it is one of the groups on the map, and told of as such.
  if (taking || strangers.length === 0) return [];
  const are = `${strangers.length} ${plural(strangers.length, 'worker')} outside that group (${who(strangers.map((each) => each.connection))})`;
  return [
    {
      id: 'http_worker_doubled',
      severity: 'warning',
      target: `${type}.${tier}`,
      message: `gateway ${gateway} takes tasks of ${type}.${tier} in the group "${group}" as soon as a worker over HTTP asks, beside ${are}: every task will run twice`,
      hint: 'Workers over HTTP share tasks with processors alone. Give one of the two another name, or stop it.',
    },
  ];
}

function fullStreams({ lanes }: HttpWorkers): Problem[] {
  const types = [...new Set(lanes.filter(({ full }) => full).map(({ type }) => type))].sort();
  return types.map((type) => ({
    id: 'http_stream_full',
    severity: 'error',
    target: tasksStreamOf(type),
    message: `the stream ${tasksStreamOf(type)} is full: tasks of ${type} that the router sends are refused, and their senders are not told`,
    hint: 'Start more workers over HTTP of this type, or give the stream more room.',
  }));
}

/** Those of them that are no gateway. */
function nativesOf(map: Topology, type: string, tier: string): readonly Listener[] {
  return listenersOf(map, type, tier).filter(({ connection }) => !isGateway(connection));
}

function listenersOf({ workers }: Topology, type: string, tier: string): readonly Listener[] {
  return workers.filter((each) => each.type === type && servesTier(each, tier)).flatMap(membersOf);
}
