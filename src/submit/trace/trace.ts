import { checkArgument, checkOptions, is, type Keys, needed } from '../../check-options.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import type { Receipt } from '../../delivery/receipt.ts';
import { type StartOptions, Submitter, type SubmitterOptions } from '../../delivery/submitter.ts';
import type { Outcome } from '../../delivery/wait/outcome.ts';
import { HeddleError } from '../../errors.ts';
import { systemClock, type Timer } from '../../time/clock.ts';
import type { Topology, Unknown } from '../../topology/topology.ts';
import type { Transport } from '../../transport/transport.ts';
import { findMissingHop } from './missing-hop.ts';
import { type Hop, type MissingHop, type Stage, stagesOf } from './timeline.ts';
import { openTracer } from './tracer.ts';

/** Who hears of each hop, and how a message that is stuck is looked for. */
export interface TraceOptions extends StartOptions, SubmitterOptions {
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined;
  readonly onHop?: ((hop: Hop) => void) | undefined;
  /** Who is on the bus; asked when the message seems to be stuck. */
  readonly readMap?: (() => Promise<Topology | Unknown>) | undefined;
  /** How long nothing may happen before that is asked. Default 300. */
  readonly quietMs?: number | undefined;
}

/** The way of one message through the bus. */
export interface Trace {
  readonly receipt: Receipt;
  readonly outcome: Outcome;
  readonly hops: readonly Hop[];
  readonly stages: readonly Stage[];
  readonly missing: MissingHop | undefined;
}

const OPTIONS: Keys<TraceOptions> = {
  timeoutMs: needed(is.number),
  onProgress: is.callback,
  sharedSubject: is.truth,
  passMalformed: is.truth,
  signal: is.signal,
  onSent: is.callback,
  lingerMs: is.number,
  onDeaf: is.callback,
  results: is.object,
  clock: is.clock,
  onReceipt: is.callback,
  onHop: is.callback,
  readMap: is.callback,
  quietMs: is.number,
};
const QUIET_MS = 300;

/**
 * Sends one task or goal and follows it hop by hop to its end. Ends early when the servers say that nobody is there who
 * could go on: waiting out the time would tell no more.
 */
export async function traceSubmission(transport: Transport, prepared: Prepared, options: TraceOptions): Promise<Trace> {
  checkArgument('traceSubmission', 'the first argument', transport, is.bus);
  checkOptions('traceSubmission', options, OPTIONS);
  const { onReceipt, onHop, readMap, quietMs = QUIET_MS, clock = systemClock } = options;
  let stuckTimer: Timer | undefined;
  let map: Topology | Unknown | undefined;
  let ended = false;
  const stuck = new AbortController();
  const signal = options.signal === undefined ? stuck.signal : AbortSignal.any([stuck.signal, options.signal]);

  const look = async (): Promise<void> => {
    if (readMap === undefined || ended) return;
    const seen = tracer.hops.length;
    map = await readMap();
    if (ended || seen !== tracer.hops.length) return;
    if (findMissingHop(prepared, tracer.hops, map)?.final === true) {
      stuck.abort(new HeddleError('nobody_listens', 'nobody is there who could go on'));
    }
  };
  const watchQuiet = (): void => {
    clock.cancel(stuckTimer);
    if (ended) return;
    // A map that cannot be read changes nothing: the wait goes on.
    stuckTimer = clock.after(quietMs, () => void look().catch(() => {}));
  };
  const tracer = openTracer(transport, prepared, clock, (hop) => {
    watchQuiet();
    onHop?.(hop);
  });
  const submitter = new Submitter(transport, options);
  try {
    const { receipt, outcome: coming } = await submitter.start(prepared, {
      ...options,
      signal,
      onSent: tracer.published,
    });
    onReceipt?.(receipt);
    const outcome = await coming;
    if (outcome.kind !== 'lost' && outcome.kind !== 'unheard') await submitter.lingered();
    ended = true;
    if (outcome.kind === 'timeout') map ??= await readMap?.().catch(() => undefined);
    const stopped = outcome.kind === 'timeout' || outcome.kind === 'lost';
    const missing = stopped ? findMissingHop(prepared, tracer.hops, map) : undefined;
    return { receipt, outcome, hops: tracer.hops, stages: stagesOf(tracer.hops, tracer.stageNames), missing };
  } finally {
    ended = true;
    clock.cancel(stuckTimer);
    tracer.close();
    submitter.close();
  }
}
