import type { Prepared } from '../../../delivery/prepared.ts';
import type { Receipt } from '../../../delivery/receipt.ts';
import type { Answered } from '../../../delivery/wait/outcome.ts';
import type { BatchReport } from '../../../submit/batch/report.ts';
import type { Hop } from '../../../submit/trace/timeline.ts';
import type { Trace } from '../../../submit/trace/trace.ts';

/** What `submit` shows of one message. Failures are not among it: those are errors, shown in one place for all commands. */
export interface MessageRenderer {
  /** The very message, and where it would go. */
  dryRun(prepared: Prepared): void;
  /** Before anybody waits. */
  receipt(receipt: Receipt): void;
  answer(answer: Answered): void;
}

/** What a format writes, by what there is to show. */
export interface SubmitWriter {
  message(): Promise<MessageRenderer>;
  trace(): Promise<TraceRenderer>;
  batch(): Promise<BatchRenderer>;
}

export interface TraceRenderer {
  hop(hop: Hop): void;
  /** After the last hop. */
  trace(trace: Trace): void;
}

export interface BatchRenderer {
  summary(report: BatchReport): void;
}
