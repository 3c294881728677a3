import type { Prepared } from '../../delivery/prepared.ts';
import type { Advice } from '../../remedy.ts';
import { didYouMean } from '../../suggest.ts';
import { hearersOf } from '../../topology/hearers.ts';
import type { Listener, Topology, Unknown } from '../../topology/topology.ts';
import { describeConnection, inBytes, who } from '../../topology/wording.ts';
import { type Elsewhere, heldElsewhere } from '../elsewhere.ts';
import { partFor, workerFor } from '../missing.ts';
import { type Hop, isEnd, type MissingHop } from './timeline.ts';
import { EVERY_RESULT } from './tracer.ts';

/** What is known beside the hops themselves. */
export interface Surroundings {
  /** Undefined: nobody asked. */
  readonly map: Topology | Unknown | undefined;
  /** Worker types of configs, for names that may be misspelt. */
  readonly knownTypes?: readonly string[] | undefined;
  /** Who may have what nobody on the bus listens for; undefined: nobody asked. */
  readonly elsewhere?: Elsewhere | undefined;
  /** Patterns that we may not subscribe to: that nothing was seen there says nothing. Default: none. */
  readonly unheard?: ReadonlySet<string> | undefined;
}

/**
 * What should have come next and did not, and who should have done it: by the hops that were seen and, where the servers
 * tell, by who listens. undefined: the answer came.
 */
export function findMissingHop(prepared: Prepared, hops: readonly Hop[], around: Surroundings): MissingHop | undefined {
  if (hops.some((hop) => hop.kind === 'dead_letter' || (hop.kind === 'result' && isEnd(hop.status)))) return undefined;
  return prepared.kind === 'goal' ? missingOfGoal(prepared, hops, around) : missingOfTask(prepared, hops, around);
}

function missingOfTask(prepared: Prepared, hops: readonly Hop[], around: Surroundings): MissingHop {
  const workerType = prepared.workerType ?? '';
  const routed = prepared.direct
    ? hops.find((hop) => hop.kind === 'published')
    : hops.find((hop) => hop.kind === 'routed');
  const stray = hops.findLast((hop) => hop.kind === 'stray');
  if (stray !== undefined) return gone(stray, routed?.subject, around);
  if (routed === undefined) return missingRouter(prepared, around);
  const where = `${prepared.direct ? 'published' : 'routed'} to ${routed.subject} at ${shownMs(routed.at_ms)}`;
  const overridden = routed.tier !== null && routed.tier !== prepared.tier;
  const missing = missingAnswer({ workerType, subject: routed.subject, where, overridden }, around);
  const said = hops.findLast((hop) => hop.kind === 'result');
  if (said === undefined) return missing;
  // Whoever said that has the task, and need not listen any more to end it.
  const problem = `${where}; the worker said "${said.status}" at ${shownMs(said.at_ms)}, and gave no answer yet`;
  return { hop: missing.hop, problem, evidence: missing.evidence, final: false };
}

/** It was answered, where nobody looks for the answer. Another worker may still do better where several got the task. */
function gone(stray: Hop, routedTo: string | undefined, { map }: Surroundings): MissingHop {
  const actors = map?.known === true && routedTo !== undefined ? hearersOf(map, routedTo).actors : [];
  const alone = actors.length > 0 && actors.every(({ queue }) => queue !== undefined && queue === actors[0]?.queue);
  const worker = stray.worker_type === null ? 'a worker' : `"${stray.worker_type}"`;
  return {
    hop: 'result',
    problem: `${worker} answered${stray.status === null ? '' : ` (${stray.status})`} at ${shownMs(stray.at_ms)} on ${stray.subject}, and that counts for nobody: ${stray.detail}`,
    evidence: [],
    hint: 'The worker must be mended: a result goes to heddle.results.<parent_task_id of the task>, and bears the task_id of the task.',
    final: alone,
    answered: true,
  };
}

/** It went in, and nothing came out at the other side. */
function missingRouter(prepared: Prepared, around: Surroundings): MissingHop {
  const { remedy } = partFor(prepared);
  const { actors, watchers, unknown } = listeners(around.map, prepared.subject);
  const unseen = unseenWay(around);
  if (unseen !== undefined && (unknown !== undefined || actors.length > 0)) {
    const problem = `published on ${prepared.subject}; ${unseen}, and no answer came`;
    return { hop: 'routing', problem, evidence: unknown === undefined ? [] : [unknown], final: false };
  }
  if (unknown !== undefined) {
    const problem = `published on ${prepared.subject}, and no router passed it on`;
    return { hop: 'routing', problem, evidence: [unknown], final: false };
  }
  if (actors.length === 0) {
    const onlookers = watchers.length === 0 ? [] : [`only watchers listen there: ${namesOf(watchers)}`];
    return {
      hop: 'routing',
      problem: `published on ${prepared.subject}; no router listens there`,
      evidence: onlookers,
      remedy,
      final: true,
    };
  }
  return {
    hop: 'routing',
    problem: `published on ${prepared.subject}; a router listens there, and did not pass it on`,
    evidence: [`on ${prepared.subject}: ${namesOf(actors)}`, ...waitingFor(actors)],
    hint: 'Look at the log of the router: it may hang, or have lost its way after a reconnect; restart it.',
    final: false,
  };
}

/** Why it is not known which way a task went. */
function unseenWay({ unheard }: Surroundings): string | undefined {
  const [pattern] = [...(unheard ?? [])].filter((each) => each.startsWith('heddle.tasks.') && isPattern(each));
  return pattern && `its way cannot be seen, because this user may not subscribe to ${pattern}`;
}

const isPattern = (subject: string): boolean => /[*>]/.test(subject);

interface Sent {
  readonly workerType: string;
  readonly subject: string;
  readonly where: string;
  /** The router sent it to another tier than it asked for. */
  readonly overridden: boolean;
}

function missingAnswer(sent: Sent, around: Surroundings): MissingHop {
  const { subject, where } = sent;
  const { map } = around;
  const { actors, watchers, unknown } = listeners(map, subject);
  if (unknown !== undefined || map?.known !== true) {
    const evidence = unknown === undefined ? [] : [unknown];
    return { hop: 'result', problem: `${where}; no answer came`, evidence, final: false };
  }
  if (actors.length > 0) {
    const has = actors.length === 1 ? 'has it since then' : 'one of them has it since then';
    return {
      hop: 'result',
      problem: `${where}; a worker listens there and ${around.unheard?.has(EVERY_RESULT) ? 'no answer came where it belongs' : 'did not answer yet'}`,
      evidence: [`on ${subject}: ${namesOf(actors)}: ${has}`, ...waitingFor(actors)],
      hint: 'See the log of the worker: it may be at work, hang, or be stopped.',
      final: false,
    };
  }
  const problem = `${where}; nobody listens there`;
  const unserved = { subject, type: sent.workerType, tier: tierOf(subject) };
  const held = around.elsewhere && heldElsewhere(around.elsewhere, unserved.type, unserved.tier);
  if (held?.hope === true) {
    const { words, hint } = held;
    return { hop: 'result', problem: `${where}; ${words}`, evidence: [], hint, final: false, unserved };
  }
  const { evidence, ...advice } = whereElse(sent, watchers, map, around);
  const all = held === undefined ? evidence : [held.words, ...evidence];
  return { hop: 'result', problem, evidence: all, ...advice, final: true, unserved };
}

function tierOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** Nobody is where the task went: who is anywhere else, and what to do. */
function whereElse(
  { workerType, subject, overridden }: Sent,
  watchers: readonly Listener[],
  { workers, routers }: Topology,
  { knownTypes = [] }: Surroundings,
): Advice & Pick<MissingHop, 'evidence'> {
  const elsewhere = workers.filter((worker) => worker.type === workerType && worker.subject !== subject);
  const evidence = elsewhere.map((worker) => `the worker listens on ${worker.subject}`);
  if (watchers.length > 0) evidence.push(`only watchers listen on ${subject}: ${namesOf(watchers)}`);
  const [other] = elsewhere;
  if (other === undefined) {
    const meant = didYouMean(workerType, [...workers.map(({ type }) => type), ...knownTypes]);
    if (meant !== undefined) evidence.push(meant);
    return { evidence, remedy: workerFor(workerType, subject).remedy };
  }
  if (routers.length > 1) {
    const them = who(routers.map((each) => each.connection));
    evidence.push(`${routers.length} routers share the tasks and may go by different rules: ${them}`);
  }
  const [tier, routedTier] = [other.tier, tierOf(subject)];
  return { evidence, remedy: { do: 'send-to-tier', tier, routedTier, overridden } };
}

function missingOfGoal(prepared: Prepared, hops: readonly Hop[], around: Surroundings): MissingHop {
  const { map } = around;
  const stray = hops.findLast((hop) => hop.kind === 'stray');
  if (stray !== undefined) return { ...gone(stray, undefined, around), hop: 'answer' };
  const sent = hops.filter((hop) => hop.kind === 'stage_sent' || hop.kind === 'stage_routed');
  if (sent.length === 0) {
    const { actors, unknown } = listeners(map, prepared.subject);
    const known = unknown === undefined;
    const absent = known && actors.length === 0;
    const seen = absent ? 'no pipeline or orchestrator listens there' : (unseenWay(around) ?? 'no stage was started');
    const problem = `published on ${prepared.subject}; ${seen}`;
    const evidence = known
      ? actors.map(({ connection }) => `on ${prepared.subject}: ${describeConnection(connection)}`)
      : [unknown];
    const remedy = absent ? partFor(prepared).remedy : undefined;
    return { hop: 'pickup', problem, evidence, remedy, final: absent };
  }
  const ended = new Set(hops.filter((hop) => hop.kind === 'stage_result').map((hop) => hop.task_id));
  const refused = hops.find((hop) => hop.kind === 'stage_dead_letter');
  if (refused !== undefined) {
    const problem = `a stage for "${refused.worker_type}" was refused by the router: ${refused.detail}`;
    return {
      hop: 'answer',
      problem: `${problem}; its pipeline waits until the stage times out`,
      evidence: [],
      final: false,
    };
  }
  const openRouted = hops.find((hop) => hop.kind === 'stage_routed' && !ended.has(hop.task_id));
  if (openRouted !== undefined) {
    const { subject, worker_type, at_ms, task_id, tier } = openRouted;
    const asked = hops.find((hop) => hop.kind === 'stage_sent' && hop.task_id === task_id)?.tier;
    const where = `the stage for "${worker_type}" was routed to ${subject} at ${shownMs(at_ms)}`;
    const overridden = asked !== undefined && asked !== tier;
    return { ...missingAnswer({ workerType: worker_type ?? '', subject, where, overridden }, around), final: false };
  }
  const openSent = sent.find((hop) => !ended.has(hop.task_id));
  if (openSent !== undefined) {
    return {
      ...missingRouter(
        { ...prepared, kind: 'task', subject: openSent.subject, workerType: openSent.worker_type ?? '' },
        around,
      ),
      final: false,
    };
  }
  return {
    hop: 'answer',
    problem: 'every stage that was started has ended; the final answer did not come',
    evidence: [],
    final: false,
  };
}

function listeners(
  map: Surroundings['map'],
  subject: string,
): { actors: readonly Listener[]; watchers: readonly Listener[]; unknown?: string } {
  if (map === undefined) return { actors: [], watchers: [], unknown: 'who listens was not asked' };
  if (!map.known) return { actors: [], watchers: [], unknown: `who listens is not known: ${map.reason}` };
  return hearersOf(map, subject);
}

function namesOf(listeners: readonly Listener[]): string {
  return listeners.map((each) => describeConnection(each.connection)).join(', ');
}

/** Whoever reads what comes has nothing waiting in the server. */
function waitingFor(actors: readonly Listener[]): string[] {
  return actors
    .filter(({ connection }) => connection.pendingBytes > 0)
    .map(
      ({ connection }) =>
        `${inBytes(connection.pendingBytes)} wait in the server for ${describeConnection(connection)}: it is stopped, or reads too slowly`,
    );
}

function shownMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
