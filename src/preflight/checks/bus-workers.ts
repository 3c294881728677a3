import { isModelTier, MODEL_TIERS } from '../../contract/messages.ts';
import type { Advice } from '../../remedy.ts';
import { type HttpWorkers, lanesFor } from '../../topology/http-workers.ts';
import { EVERY_TIER } from '../../topology/role.ts';
import { servesTier, type Topology, type WorkerView } from '../../topology/topology.ts';
import { membersOf, workerCount } from '../../topology/worker-count.ts';
import { busCheck, onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';
import { nameOf } from '../expectation.ts';
import type { Expected, ExpectedStage, Routed } from '../expected.ts';

const present: Check = {
  id: 'bus.worker_present',
  group: 'bus',
  title: 'every worker that is configured or expected listens',
  level: 'advisory',
  needs: ['bus.map'],
  applies: (probe) =>
    probe.expected.workers.length > 0 ||
    stagesOf(probe.expected).length > 0 ||
    probe.ask.expectations.some(({ kind }) => kind === 'worker'),
  run: (probe) =>
    onMap(probe, (map, _problems, _kept, http) => {
      const findings: Finding[] = [];
      const served = (type: string, tier: string | undefined): number => replicasOf(map, http, type, tier);
      const expected = new Set<string>();
      for (const expectation of probe.ask.expectations) {
        if (expectation.kind !== 'worker') continue;
        const { type, tier, min } = expectation;
        const name = nameOf(expectation);
        expected.add(name);
        const found = served(type, tier);
        if (found >= min) continue;
        findings.push({
          target: name,
          problem:
            found === 0
              ? `no worker ${name} listens${elsewhere(map, type)}${unlessOverHttp(http)}`
              : `${found} of ${min} expected replicas of worker ${name} listen${unlessOverHttp(http)}`,
          remedy: { do: 'start-or-restart-worker', kind: undefined, file: undefined },
        });
      }
      const { workers } = probe.expected;
      for (const { type, kind, routedTier, file } of workers) {
        const name = `${type}.${routedTier}`;
        if (expected.has(name) || expected.has(type) || served(type, undefined) > 0) continue;
        findings.push({
          target: name,
          problem: `nobody listens for worker ${name}, which ${file} configures${unlessOverHttp(http)}`,
          remedy: { do: 'start-or-restart-worker', kind, file },
        });
      }
      findings.push(...stagesWithoutWorker(probe.expected, served, unlessOverHttp(http)));
      return verdictOn(findings, `${workers.length + expected.size} of ${workers.length + expected.size}`);
    }),
};

/** A stage whose worker is not there waits until it times out, and its goal with it. */
function stagesWithoutWorker(
  expected: Expected,
  served: (type: string, tier: string | undefined) => number,
  unless: string,
): Finding[] {
  const configured = new Set(expected.workers.map(({ type }) => type));
  const absent = stagesOf(expected).filter(({ type }) => !configured.has(type) && served(type, undefined) === 0);
  return absent.map(({ type, routedTier, stage, pipeline, file }) => ({
    target: `${type}.${routedTier}`,
    problem: `stage "${stage}" of pipeline "${pipeline}" (${file}) needs worker ${type}, and nobody listens for it${unless}: each goal waits there until the stage times out`,
    remedy: { do: 'start-worker', workerType: type },
  }));
}

function stagesOf({ pipelines }: Expected): readonly ExpectedStage[] {
  return pipelines.flatMap(({ stages }) => stages);
}

const onTheirTier: Check = {
  id: 'bus.worker_tier',
  group: 'bus',
  title: 'workers listen on the tier that their tasks are routed to',
  level: 'required',
  needs: ['bus.map'],
  run: (probe) =>
    onMap(probe, (map, _problems, _kept, http) => {
      const findings: Finding[] = [];
      const { workers, rules } = probe.expected;
      const spoken = new Set<string>();
      for (const routed of [...workers, ...stagesOf(probe.expected)]) {
        const listening = map.workers.filter((worker) => worker.type === routed.type);
        if (listening.length === 0 || listening.some((worker) => servesTier(worker, routed.routedTier))) continue;
        // A gateway hands out what comes there.
        if (lanesFor(http, routed.type, routed.routedTier).length > 0) continue;
        const finding = tierFinding(routed, listening);
        if (finding === undefined || findings.some(({ target }) => target === finding.target)) continue;
        for (const { subject } of listening) spoken.add(subject);
        findings.push(finding);
      }
      for (const worker of map.workers) {
        const { type, tier, subject } = worker;
        if (spoken.has(subject) || tier === EVERY_TIER) continue;
        const override = rules.overrideOf(type);
        if (!isModelTier(tier)) {
          findings.push({
            target: `${type}.${tier}`,
            problem: `a worker listens on ${subject}, and no router sends anything to a tier "${tier}"`,
            hint: `The tiers are ${MODEL_TIERS.join(', ')}: restart it with one of them.`,
            level: 'advisory',
          });
        } else if (override !== undefined && override !== 'unknown' && override !== tier) {
          findings.push({
            target: `${type}.${tier}`,
            problem: `a worker listens on ${subject}, and the router rules send every task for ${type} to tier ${override}`,
            remedy: { do: 'restart-worker-on-tier', worker: 'seen', tier: override, decidedBy: 'tier_overrides' },
            level: 'advisory',
          });
        }
      }
      return verdictOn(findings);
    }),
};

/**
 * Of a worker that listens, but not on the tier that its tasks are said to go to. Only an override that is known makes it certain:
 * otherwise the task's own word counts, or a rule that we do not know, and where tasks came all is well.
 */
function tierFinding(
  routed: Routed & { stage?: string; pipeline?: string },
  listening: readonly WorkerView[],
): Finding | undefined {
  const { type, routedTier: tier, decidedBy, file, stage, pipeline } = routed;
  const where = `it listens on ${listening.map((worker) => worker.tier).join(', ')} only`;
  const target = `${type}.${tier}`;
  if (decidedBy === 'rules') {
    return {
      target,
      problem: `tasks for ${type} go to tier ${tier} (the router rules override it), and ${where}: they reach nobody`,
      remedy: { do: 'restart-worker-on-tier', worker: 'configured', tier, decidedBy: 'tier_overrides' },
    };
  }
  const handled = listening.some(({ groups }) => groups.some(({ received }) => received > 0));
  if (handled) return undefined;
  const asks =
    stage === undefined
      ? `${file} puts ${type} on tier ${tier}`
      : `stage "${stage}" of pipeline "${pipeline}" (${file}) asks for ${type} on tier ${tier}`;
  const depends =
    decidedBy === 'unknown' ? ', unless the router sends them elsewhere (its rules are not known here)' : '';
  const restart: Advice = {
    remedy: {
      do: 'restart-worker-on-tier',
      worker: 'configured',
      tier,
      decidedBy: stage === undefined ? 'default_model_tier' : 'stage',
    },
  };
  return {
    target,
    problem: `${asks}, and ${where}, where nothing came so far: tasks for ${tier} reach nobody${depends}`,
    remedy:
      decidedBy === 'unknown'
        ? { do: 'any-of', advice: [restart, { remedy: { do: 'name-router-rules' } }] }
        : restart.remedy,
    level: 'advisory',
  };
}

export const WORKER_CHECKS: readonly Check[] = [
  present,
  onTheirTier,
  busCheck({ id: 'bus.worker_group', title: 'workers listen in the queue group of their name', level: 'advisory' }, [
    'worker_no_group',
    'worker_wrong_group',
  ]),
  busCheck(
    { id: 'bus.worker_once', title: 'every task is worked on once', level: 'required' },
    ['worker_mixed_groups'],
    ({ workers }) => `${workers.length} worker ${workers.length === 1 ? 'subject' : 'subjects'}`,
  ),
];

function replicasOf(map: Topology, http: HttpWorkers, type: string, tier: string | undefined): number {
  const views = map.workers.filter((each) => each.type === type && (tier === undefined || servesTier(each, tier)));
  return workerCount(views.flatMap(membersOf), lanesFor(http, type, tier));
}

function unlessOverHttp({ unknown }: HttpWorkers): string {
  return unknown.length === 0 ? '' : `, as far as is known (${unknown.join('; ')})`;
}

function elsewhere(map: Topology, type: string): string {
  const tiers = map.workers.filter((worker) => worker.type === type).map(({ subject }) => subject);
  return tiers.length === 0 ? '' : `; one listens on ${tiers.join(', ')}`;
}
