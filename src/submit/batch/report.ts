import { roundedMs } from '../../delivery/receipt.ts';
import type { BatchEnd } from './batch.ts';
import type { Latencies, LatencySummary } from './latencies.ts';
import type { Tally } from './tally.ts';

/** What is left of a batch. The keys are those of the JSON output. */
export interface BatchReport {
  /** Everything that was read was sent and, with waiting, completed. */
  readonly ok: boolean;
  readonly waited: boolean;
  readonly stopped: BatchEnd['stopped'];
  readonly counts: Tally;
  /** As `1, 5-9`; '' for none. */
  readonly uncertain_lines: string;
  readonly unheard_lines: string;
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
  readonly latency: LatencySummary | null;
  readonly elapsed_ms: number;
  /** Sent, or with waiting ended, a second. */
  readonly per_second: number;
}

export function batchReport(
  end: BatchEnd,
  tally: Tally,
  how: { waited: boolean; latencies: Latencies | undefined; problems: BatchReport['problems'] },
): BatchReport {
  const { waited, latencies, problems } = how;
  const { elapsedMs } = end;
  const { malformed, uncertain, unheard, failed, dead_lettered, malformed_results, timed_out, open } = tally;
  const bad = malformed + uncertain + unheard + failed + dead_lettered + malformed_results + timed_out + open;
  const done = waited ? tally.completed + failed + dead_lettered + malformed_results + timed_out : tally.sent;
  return {
    ok: end.stopped === 'end_of_input' && bad === 0,
    waited,
    stopped: end.stopped,
    counts: { ...tally },
    uncertain_lines: String(end.uncertain),
    unheard_lines: String(end.unheard),
    problems,
    latency: latencies?.summary() ?? null,
    elapsed_ms: roundedMs(elapsedMs),
    per_second: elapsedMs > 0 ? Math.round((done / elapsedMs) * 1000 * 10) / 10 : 0,
  };
}
