import type { Remedy } from '../../remedy.ts';
import { hearersOf } from '../../topology/hearers.ts';
import type { Topology, Unknown } from '../../topology/topology.ts';
import { describeConnection } from '../../topology/wording.ts';
import { partFor, workerFor } from '../missing.ts';
import type { Prepared } from '../prepared.ts';
import { type Hop, isEnd, type MissingHop } from './timeline.ts';

/**
 * What should have come next and did not, and who should have done it: by the hops that were seen and, where the servers
 * tell, by who listens. undefined: the answer came.
 */
export function findMissingHop(
  prepared: Prepared,
  hops: readonly Hop[],
  map: Topology | Unknown | undefined,
): MissingHop | undefined {
  if (hops.some((hop) => hop.kind === 'dead_letter' || (hop.kind === 'result' && isEnd(hop.status)))) return undefined;
  return prepared.kind === 'goal' ? missingOfGoal(prepared, hops, map) : missingOfTask(prepared, hops, map);
}

function missingOfTask(prepared: Prepared, hops: readonly Hop[], map: Topology | Unknown | undefined): MissingHop {
  const workerType = prepared.workerType ?? '';
  const routed = prepared.direct
    ? hops.find((hop) => hop.kind === 'published')
    : hops.find((hop) => hop.kind === 'routed');
  if (routed === undefined) return missingRouter(prepared, map);
  const where = `${prepared.direct ? 'published' : 'routed'} to ${routed.subject} at ${shownMs(routed.at_ms)}`;
  const missing = missingAnswer(workerType, routed.subject, where, map);
  const said = hops.findLast((hop) => hop.kind === 'result');
  if (said === undefined) return missing;
  // Whoever said that has the task, and need not listen any more to end it.
  const problem = `${where}; the worker said "${said.status}" at ${shownMs(said.at_ms)}, and gave no answer yet`;
  return { hop: missing.hop, problem, evidence: missing.evidence, final: false };
}

/** It went in, and nothing came out at the other side. */
function missingRouter(prepared: Prepared, map: Topology | Unknown | undefined): MissingHop {
  const { remedy } = partFor(prepared);
  const { actors, watchers, unknown } = listeners(map, prepared.subject);
  if (unknown !== undefined) {
    const problem = `published on ${prepared.subject}, and no router passed it on`;
    return { hop: 'routing', problem, evidence: [unknown], final: false };
  }
  if (actors.length === 0) {
    const onlookers = watchers.length === 0 ? [] : [`only watchers listen there: ${watchers.join(', ')}`];
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
    evidence: [`on ${prepared.subject}: ${actors.join(', ')}`],
    hint: 'Look at the log of the router: it may hang, or have lost its way after a reconnect; restart it.',
    final: false,
  };
}

function missingAnswer(
  workerType: string,
  subject: string,
  where: string,
  map: Topology | Unknown | undefined,
): MissingHop {
  const { actors, watchers, unknown } = listeners(map, subject);
  if (unknown !== undefined || map?.known !== true) {
    const evidence = unknown === undefined ? [] : [unknown];
    return { hop: 'result', problem: `${where}; no answer came`, evidence, final: false };
  }
  if (actors.length > 0) {
    const evidence = [`on ${subject}: ${actors.join(', ')}`];
    return {
      hop: 'result',
      problem: `${where}; a worker listens there and did not answer yet`,
      evidence,
      final: false,
    };
  }
  const elsewhere = map.workers.filter((worker) => worker.type === workerType && worker.subject !== subject);
  const evidence = elsewhere.map((worker) => `the worker listens on ${worker.subject}`);
  if (watchers.length > 0) evidence.push(`only watchers listen on ${subject}: ${watchers.join(', ')}`);
  const other = elsewhere[0];
  const remedy: Remedy =
    other === undefined ? workerFor(workerType, subject).remedy : { do: 'send-to-tier', tier: other.tier, subject };
  return { hop: 'result', problem: `${where}; nobody listens there`, evidence, remedy, final: true };
}

function missingOfGoal(prepared: Prepared, hops: readonly Hop[], map: Topology | Unknown | undefined): MissingHop {
  const sent = hops.filter((hop) => hop.kind === 'stage_sent' || hop.kind === 'stage_routed');
  if (sent.length === 0) {
    const { actors, unknown } = listeners(map, prepared.subject);
    const known = unknown === undefined;
    const absent = known && actors.length === 0;
    const problem = absent
      ? `published on ${prepared.subject}; no pipeline or orchestrator listens there`
      : `published on ${prepared.subject}; no stage was started`;
    const evidence = unknown !== undefined ? [unknown] : actors.map((actor) => `on ${prepared.subject}: ${actor}`);
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
    const where = `the stage for "${openRouted.worker_type}" was routed to ${openRouted.subject} at ${shownMs(openRouted.at_ms)}`;
    return { ...missingAnswer(openRouted.worker_type ?? '', openRouted.subject, where, map), final: false };
  }
  const openSent = sent.find((hop) => !ended.has(hop.task_id));
  if (openSent !== undefined) {
    return {
      ...missingRouter(
        { ...prepared, kind: 'task', subject: openSent.subject, workerType: openSent.worker_type ?? '' },
        map,
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
  map: Topology | Unknown | undefined,
  subject: string,
): { actors: string[]; watchers: string[]; unknown?: string } {
  if (map === undefined) return { actors: [], watchers: [], unknown: 'who listens was not asked' };
  if (!map.known) return { actors: [], watchers: [], unknown: `who listens is not known: ${map.reason}` };
  const { actors, watchers } = hearersOf(map, subject);
  const names = (list: typeof actors): string[] => list.map((each) => describeConnection(each.connection));
  return { actors: names(actors), watchers: names(watchers) };
}

function shownMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
