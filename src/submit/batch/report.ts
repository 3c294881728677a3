import { roundedMs } from '../../delivery/receipt.ts';
import type { BatchEnd } from './batch.ts';
import type { Latencies, LatencySummary } from './latencies.ts';
import type { Reason } from './reasons.ts';
import { endedOf, type Tally } from './tally.ts';

/** A line that an earlier run may have sent, and the id under which. */
export interface Doubt {
  readonly line: number;
  readonly task_id: string;
}

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
  /** All of them. */
  readonly in_doubt: readonly Doubt[];
  /** Of what was done and does not stand in the journal. */
  readonly unwritten_lines: string;
  /** The JetStream streams that acknowledged tasks of this batch. */
  readonly stored_by: readonly string[];
  /** Why tasks failed or were refused, the most frequent first; texts that do not repeat may be missing. */
  readonly reasons: readonly Reason[];
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
  readonly latency: LatencySummary | null;
  readonly elapsed_ms: number;
  /** Sent, or with waiting ended, a second. */
  readonly per_second: number;
}

export interface Reported {
  readonly waited: boolean;
  readonly latencies: Latencies | undefined;
  readonly problems: BatchReport['problems'];
  readonly doubts?: readonly Doubt[] | undefined;
}

export function batchReport(end: BatchEnd, tally: Tally, how: Reported): BatchReport {
  const { waited, latencies, problems, doubts = [] } = how;
  const { elapsedMs } = end;
  const { malformed, uncertain, unheard, failed, dead_lettered, malformed_results, timed_out, open } = tally;
  const left = malformed + uncertain + unheard + tally.in_doubt + tally.unwritten;
  const bad = left + failed + dead_lettered + malformed_results + timed_out + open;
  const done = waited ? endedOf(tally) : tally.sent;
  return {
    ok: end.stopped === 'end_of_input' && bad === 0,
    waited,
    stopped: end.stopped,
    counts: { ...tally },
    uncertain_lines: String(end.uncertain),
    unheard_lines: String(end.unheard),
    in_doubt: doubts,
    unwritten_lines: String(end.unwritten ?? ''),
    stored_by: [...(end.streams ?? [])].sort(),
    reasons: end.reasons ?? [],
    problems,
    latency: latencies?.summary() ?? null,
    elapsed_ms: roundedMs(elapsedMs),
    per_second: elapsedMs > 0 ? Math.round((done / elapsedMs) * 1000 * 10) / 10 : 0,
  };
}
