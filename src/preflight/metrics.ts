import { type Family, type Labels, metricsText as textOf } from '../http/prometheus.ts';
import { letterFamilies } from '../letters/metrics.ts';
import type { Report } from './report.ts';
import { countsOf } from './report-document.ts';

/** A report in Prometheus' text format, for /metrics and for the textfile collector of node_exporter. */
export function metricsText(report: Report, ok: boolean): string {
  const { facts } = report;
  const families: Family[] = [];
  const family = (name: string, help: string, samples: readonly (readonly [Labels, number])[]): void => {
    families.push({ name, type: 'gauge', help, samples });
  };
  const told = report.results.filter(({ status }) => status !== 'skipped');

  family('heddle_preflight_ok', '1 when the round passed.', [[{}, ok ? 1 : 0]]);
  family('heddle_preflight_last_run_timestamp_seconds', 'When the round began.', [[{}, report.startedAt / 1000]]);
  family('heddle_preflight_duration_seconds', 'How long the round took.', [[{}, seconds(report.durationMs)]]);
  family(
    'heddle_preflight_checks',
    'Checks by how they came out.',
    Object.entries(report.counts).map(([status, count]) => [{ status }, count]),
  );
  family(
    'heddle_preflight_check_ok',
    '1 when the check passed or was ignored, 0 when it failed or warns; absent when it was skipped.',
    told.map(({ id, group, level, status }) => [
      { check: id, group, level },
      status === 'passed' || status === 'ignored' ? 1 : 0,
    ]),
  );
  family(
    'heddle_preflight_check_duration_seconds',
    'How long the check took.',
    told.map(({ id, durationMs }) => [{ check: id }, seconds(durationMs)]),
  );
  if (facts.rttMs !== undefined) {
    family('heddle_bus_rtt_seconds', 'One round trip to the server.', [[{}, seconds(facts.rttMs)]]);
  }
  if (facts.deadLetters !== undefined) families.push(...letterFamilies(facts.deadLetters));
  const { map } = facts;
  if (map?.known === true) {
    family(
      'heddle_bus_listeners',
      'How many of each are on the bus.',
      Object.entries(countsOf(map)).map(([role, count]) => [{ role }, count]),
    );
    const groups = map.workers.flatMap(({ type, tier, groups }) =>
      groups.map((group) => ({ labels: { worker: type, tier, queue: group.queue ?? '' }, group })),
    );
    family(
      'heddle_bus_worker_replicas',
      'Listeners of a worker subject, by queue group.',
      groups.map(({ labels, group }) => [labels, group.replicas]),
    );
    family(
      'heddle_bus_worker_pending_bytes',
      'Bytes that wait for them in the server.',
      groups.map(({ labels, group }) => [labels, group.pendingBytes]),
    );
  }
  return textOf(families);
}

function seconds(ms: number): number {
  return Math.round(ms * 1000) / 1e6;
}
