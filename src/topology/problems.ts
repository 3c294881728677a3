import { GOALS_INCOMING, TASKS_DEAD_LETTER, TASKS_INCOMING } from '../contract/subjects.ts';
import type { Connection } from './connection.ts';
import { hearersOf } from './hearers.ts';
import { httpWorkerProblems } from './http-worker-problems.ts';
import { HTTP_UNASKED, type HttpWorkers } from './http-workers.ts';
import { type Kept, NOTHING_KEPT, TASKS_STREAM, typeKeptIn } from './kept.ts';
import type { Problem } from './problem.ts';
import { isGateway } from './role.ts';
import { routerProblems } from './router-problems.ts';
import type { Topology } from './topology.ts';
import { describeConnection, inBytes, plural, who } from './wording.ts';
import { workerProblems } from './worker-problems.ts';

/**
 * What is wrong with a bus as far as its map, and what its streams keep, can tell; deterministic in order and words.
 * `kept`: nothing where it is left out, and `unknown` where JetStream does not tell. `http`: unknown where it is left out.
 */
export function problemsOf(
  topology: Topology,
  kept: Kept | 'unknown' = NOTHING_KEPT,
  http: HttpWorkers = HTTP_UNASKED,
): Problem[] {
  return [
    ...routerProblems(topology, kept === 'unknown' ? [] : kept.tasksIncoming),
    ...workerProblems(topology),
    ...goalProblems(topology),
    ...deadLetterProblems(topology, kept),
    ...(kept === 'unknown' ? [] : streamProblems(kept, http)),
    ...httpWorkerProblems(topology, http),
    ...slowClients(topology.connections),
    ...cutOffClients(topology),
  ];
}

function goalProblems({ goalTakers }: Topology): Problem[] {
  const problems: Problem[] = [];
  if (goalTakers.length === 0) {
    problems.push({
      id: 'goals_unheard',
      severity: 'warning',
      target: GOALS_INCOMING,
      message: `nobody takes goals: no pipeline or orchestrator listens on ${GOALS_INCOMING}`,
      remedy: { do: 'start-goal-taker', missed: 'on-map' },
    });
  }
  const groups = goalTakers.filter((each) => each.queue !== undefined).map((each) => `"${each.queue}"`);
  const loose = goalTakers.find((each) => each.queue === undefined);
  if (groups.length > 1) {
    problems.push({
      id: 'goals_mixed',
      severity: 'error',
      target: GOALS_INCOMING,
      message: `${groups.length} kinds of goal takers (${groups.join(', ')}): every goal is carried out ${groups.length} times, and the final results share one subject and task id`,
      hint: 'Goals are not addressed. Keep one kind on a bus, or give each its own bus or NATS account.',
    });
  }
  if (loose !== undefined && (groups.length > 0 || loose.replicas > 1)) {
    problems.push({
      id: 'goals_no_group',
      severity: 'error',
      target: GOALS_INCOMING,
      message: `${loose.replicas} ${plural(loose.replicas, 'listener')} on ${GOALS_INCOMING} without a queue group (${who(loose.members.map((each) => each.connection))}): each gets every goal that others carry out too`,
      hint: 'Goal takers join the queue group "pipelines" or "orchestrators"; restart these with one, or stop them.',
    });
  }
  return problems;
}

function deadLetterProblems(topology: Topology, kept: Kept | 'unknown'): Problem[] {
  const { actors, watchers } = hearersOf(topology, TASKS_DEAD_LETTER);
  // A gateway looks for those of its own requests, and nobody ever sees the others.
  if (actors.length > 0 || watchers.some(({ connection }) => !isGateway(connection))) return [];
  if (kept !== 'unknown' && kept.deadLetters.length > 0) return [];
  const unlessKept = kept === 'unknown' ? ', unless a JetStream stream keeps them, which could not be asked' : '';
  return [
    {
      id: 'dead_letters_unheard',
      severity: 'warning',
      target: TASKS_DEAD_LETTER,
      message: `nobody hears dead letters: tasks that the router refuses vanish without a trace (${TASKS_DEAD_LETTER})${unlessKept}`,
      remedy: { do: 'record-dead-letters' },
    },
  ];
}

/**
 * Dead letters are worth keeping, and results; with tasks, nobody is told any more that no actor was there. Who has tasks kept beside
 * dead letters was told so, and chose it.
 */
function streamProblems({ tasksIncoming, tasks, goals }: Kept, http: HttpWorkers): Problem[] {
  const unasked = tasks.filter((stream) => stream !== TASKS_STREAM);
  return [...new Set([...tasksIncoming, ...unasked, ...goals])].sort().flatMap((stream) => {
    const type = typeKeptIn(stream);
    const alone = !tasksIncoming.includes(stream) && !goals.includes(stream);
    if (type !== undefined && alone) return keptForHttp(stream, type, http);
    const subjects = [
      ...(tasksIncoming.includes(stream) ? [TASKS_INCOMING] : []),
      ...(tasks.includes(stream) ? [SOME_TASKS] : []),
      ...(goals.includes(stream) ? [GOALS_INCOMING] : []),
    ];
    const work = goals.includes(stream) ? 'what' : 'a task that';
    return {
      id: 'stream_hears_tasks' as const,
      severity: 'warning' as const,
      target: stream,
      message: `the JetStream stream ${JSON.stringify(stream)} keeps what is sent on ${subjects.join(' and ')}: the server counts it as a listener, so a sender is not told when no actor is there`,
      hint: `Heddle's actors take nothing from streams: ${work} only the stream heard is not worked on.`,
      remedy: { do: 'narrow-stream' as const, stream },
    };
  });
}

/** All is well where a gateway hands out what is kept there; nobody else takes anything from it. */
function keptForHttp(stream: string, type: string, { lanes, unknown }: HttpWorkers): Problem[] {
  const gateways = lanes.filter((each) => each.type === type);
  if (gateways.some(({ mode }) => mode === 'durable')) return [];
  const keeps = `the JetStream stream ${JSON.stringify(stream)} keeps tasks of ${type} for workers over HTTP`;
  const pile = 'they pile up there, and the server counts the stream as a listener';
  const [core] = gateways;
  const unsure = core === undefined && unknown.length > 0;
  const nobody =
    core === undefined
      ? `no gateway hands them out: ${pile}`
      : `gateway ${core.gateway} hands that type out in mode core, straight from the bus: ${pile}`;
  return [
    {
      id: 'stream_hears_tasks',
      severity: 'warning',
      target: stream,
      message: unsure
        ? `${keeps}, and whether a gateway hands them out is not known (${unknown.join('; ')}): where none does, ${pile}`
        : `${keeps}, and ${nobody}`,
      hint: unsure
        ? 'See the logs of the gateways. Where none hands the type out in mode durable, start one that does, or remove the stream.'
        : 'Start the gateway that hands them out in mode durable, or remove the stream.',
    },
  ];
}

const SOME_TASKS = 'heddle.tasks.<type>.<tier>';

/** What a healthy client is behind by stays in kilobytes; the server cuts a client off at 64 MB. */
const MUCH_PENDING = 1024 * 1024;

function slowClients(connections: readonly Connection[]): Problem[] {
  return connections
    .filter((each) => !each.self && each.kind === 'Client' && each.pendingBytes >= MUCH_PENDING)
    .map((each) => ({
      id: 'client_slow',
      severity: 'warning',
      target: each.address ?? String(each.cid),
      message: `${describeConnection(each)} reads too slowly: ${inBytes(each.pendingBytes)} wait for it`,
      hint: 'The server disconnects it at its max_pending (64 MB by default) and those messages are lost. Add replicas or slow the sender.',
    }));
}

/** One problem for each who hears something; who only asked and went has lost nothing that others sent. */
function cutOffClients({ cutOff }: Topology): Problem[] {
  return cutOff.flatMap((each) => {
    const heard = each.subscriptions.map(({ subject }) => subject).filter((subject) => subject.startsWith('heddle.'));
    if (heard.length === 0) return [];
    return [
      {
        id: 'client_cut_off',
        severity: 'warning',
        target: each.address ?? String(each.cid),
        message: `${describeConnection(each)} was cut off as a slow consumer at ${each.ended?.at ?? ''}: what waited for it on ${heard.sort().join(', ')} is lost`,
        hint: "One of Heddle's own actors does not come back by itself: restart it. Add replicas, or slow the sender.",
      },
    ];
  });
}
