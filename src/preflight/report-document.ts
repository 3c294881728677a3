import { type Advice, plainAdvice } from '../remedy.ts';
import { countsOf } from '../topology/document.ts';
import type { Topology, Unknown } from '../topology/topology.ts';
import { isForDevelopment } from '../transport/capabilities.ts';
import type { Report } from './report.ts';

/** A report as programs read it; schemas/output/preflight.schema.json describes it. `words`: the wording of what to do. */
export function reportDocument(
  report: Report,
  ok: boolean,
  words: (advice: Advice) => string | undefined = plainAdvice,
): Readonly<Record<string, unknown>> {
  const { facts } = report;
  const { server } = facts;
  return {
    schema_version: 1,
    ok,
    verdict: report.verdict,
    started_at: new Date(report.startedAt).toISOString(),
    duration_ms: rounded(report.durationMs),
    counts: report.counts,
    urls: facts.urls,
    server:
      server === undefined
        ? null
        : {
            url: facts.connectedUrl ?? null,
            id: server.serverId,
            name: server.serverName,
            version: server.version,
            cluster: server.cluster ?? null,
            max_payload: server.maxPayload,
            headers: server.headers,
            jetstream: server.jetstream,
            encrypted: server.encrypted,
            development: isForDevelopment(server),
          },
    rtt_ms: facts.rttMs === undefined ? null : rounded(facts.rttMs),
    bus: busDocument(facts.map),
    checks: report.results.map((result) => ({
      check: result.id,
      group: result.group,
      title: result.title,
      level: result.level,
      status: result.status,
      detail: result.detail ?? null,
      reason: result.reason ?? null,
      duration_ms: result.durationMs,
      findings: result.findings.map((finding) => ({
        target: finding.target ?? null,
        problem: finding.problem,
        hint: words(finding) ?? null,
        level: finding.level,
        code: finding.code ?? null,
        ignored: finding.ignored,
      })),
    })),
  };
}

/** How many of each are on the bus; null where nobody asked, and `known: false` where nobody told. */
function busDocument(map: Topology | Unknown | undefined): unknown {
  if (map === undefined) return null;
  return map.known ? { known: true, ...countsOf(map) } : { known: false, reason: map.reason };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
