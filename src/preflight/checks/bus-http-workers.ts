import { countOf, type HttpWorkers } from '../../topology/http-workers.ts';
import type { ProblemId } from '../../topology/problem.ts';
import { findingOf, onMap } from '../bus-check.ts';
import { type Check, skipped, verdictOn } from '../check.ts';

const PROBLEMS: readonly ProblemId[] = ['http_worker_doubled', 'http_stream_full'];

const once: Check = {
  id: 'bus.http_workers',
  group: 'bus',
  title: 'tasks for workers over HTTP are worked on once, and kept where that is promised',
  level: 'required',
  needs: ['bus.map'],
  run: (probe) =>
    onMap(probe, (_map, found, _kept, http) => {
      const findings = found.filter(({ id }) => PROBLEMS.includes(id)).map(findingOf);
      // What is wrong with those who tell is wrong, whatever the others would say.
      if (findings.length === 0 && http.unknown.length > 0) return skipped(http.unknown.join('; '));
      return verdictOn(findings, inWords(http));
    }),
};

function inWords({ lanes }: HttpWorkers): string {
  const served = lanes.filter((lane) => countOf(lane) > 0);
  if (served.length === 0) return 'none are there';
  return served.map((lane) => `${countOf(lane)} of ${lane.type}.${lane.tier} by gateway ${lane.gateway}`).join(', ');
}

export const HTTP_WORKER_CHECKS: readonly Check[] = [once];
