import { checkArgument, checkOptions, is, type Keys, needed } from '../../check-options.ts';
import { watchLink } from '../../delivery/link.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import type { Receipt } from '../../delivery/receipt.ts';
import { type StartOptions, Submitter, type SubmitterOptions } from '../../delivery/submitter.ts';
import type { Outcome } from '../../delivery/wait/outcome.ts';
import { HeddleError } from '../../errors.ts';
import { systemClock, type Timer } from '../../time/clock.ts';
import type { Topology, Unknown } from '../../topology/topology.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Elsewhere } from '../elsewhere.ts';
import { linkTrouble } from './link-trouble.ts';
import { findMissingHop } from './missing-hop.ts';
import { type Hop, type MissingHop, type Stage, stagesOf } from './timeline.ts';
import { openTracer } from './tracer.ts';

/** Who hears of each hop, and how a message that is stuck is looked for. */
export interface TraceOptions extends StartOptions, SubmitterOptions {
  /** Who waits for a promise holds the rest back, and by throwing gives up. */
  readonly onReceipt?: ((receipt: Receipt) => Promise<void> | void) | undefined;
  readonly onHop?: ((hop: Hop) => void) | undefined;
  /** Before second answers are looked out for. */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined;
  /** Once, when there is no answer after `silenceMs`: where it stands. */
  readonly onSilence?: ((missing: MissingHop) => void) | undefined;
  /** Who is on the bus; asked when the message seems to be stuck. */
  readonly readMap?: (() => Promise<Topology | Unknown>) | undefined;
  /** Who else may have what was sent there; asked when nobody on the bus listens. */
  readonly elsewhere?: ((map: Topology, subject: string) => Promise<Elsewhere>) | undefined;
  /** Worker types of configs, for names that may be misspelt; asked when nobody listens. */
  readonly knownTypes?: (() => Promise<readonly string[]>) | undefined;
  /** How long nothing may happen before the map is asked. Default 300. */
  readonly quietMs?: number | undefined;
  /** Default 2500. */
  readonly silenceMs?: number | undefined;
  /** Wait until the time is over, also when nobody is there who could go on. Default false. */
  readonly patient?: boolean | undefined;
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
  acceptFrames: is.truth,
  passMalformed: is.truth,
  signal: is.signal,
  onSent: is.callback,
  lingerMs: is.number,
  onDeaf: is.callback,
  results: is.object,
  clock: is.clock,
  onReceipt: is.callback,
  onHop: is.callback,
  onOutcome: is.callback,
  onSilence: is.callback,
  readMap: is.callback,
  elsewhere: is.callback,
  knownTypes: is.callback,
  quietMs: is.number,
  silenceMs: is.number,
  patient: is.truth,
};
const QUIET_MS = 300;
const SILENCE_MS = 2500;

/**
 * Sends one task or goal and follows it hop by hop to its end. Ends early when the servers say that nobody is there who
 * could go on: waiting out the time would tell no more.
 */
export async function traceSubmission(transport: Transport, prepared: Prepared, options: TraceOptions): Promise<Trace> {
  checkArgument('traceSubmission', 'the first argument', transport, is.bus);
  checkOptions('traceSubmission', options, OPTIONS);
  const { onReceipt, onHop, onOutcome, onSilence, readMap, clock = systemClock } = options;
  const { quietMs = QUIET_MS, silenceMs = SILENCE_MS, patient = false, sharedSubject = false } = options;
  let stuckTimer: Timer | undefined;
  let silenceTimer: Timer | undefined;
  let knownTypes: readonly string[] = [];
  let ended = false;
  let map: Topology | Unknown | undefined;
  let elsewhere: Elsewhere | undefined;
  const stuck = new AbortController();
  const signal = options.signal === undefined ? stuck.signal : AbortSignal.any([stuck.signal, options.signal]);

  /** As far as is known; more is asked only about somebody whom nobody serves. */
  const missingOf = async (hops: readonly Hop[]): Promise<MissingHop | undefined> => {
    map = (await readMap?.().catch(() => undefined)) ?? map;
    const { unheard } = tracer;
    const missing = findMissingHop(prepared, hops, { map, unheard });
    if (map?.known !== true || missing?.unserved === undefined) return missing;
    elsewhere = (await options.elsewhere?.(map, missing.unserved.subject).catch(() => undefined)) ?? elsewhere;
    return findMissingHop(prepared, hops, { map, elsewhere, unheard });
  };
  const standing = async (): Promise<MissingHop | undefined> => {
    const missing = await missingOf(tracer.hops);
    if (missing?.final !== true || options.knownTypes === undefined) return missing;
    knownTypes = await options.knownTypes().catch(() => []);
    return findMissingHop(prepared, tracer.hops, { map, elsewhere, knownTypes, unheard: tracer.unheard });
  };
  /** A goal that failed over a stage that nobody answered: the stage has waited in vain, and the answer does not say why. */
  const openStage = async (): Promise<MissingHop | undefined> => {
    const before = tracer.hops.filter(({ kind }) => kind !== 'result');
    const stages = stagesOf(before, tracer.stageNames);
    if (!stages.some(({ status }) => status === null)) return undefined;
    return await missingOf(before);
  };
  const look = async (): Promise<void> => {
    if (readMap === undefined || ended || patient) return;
    const seen = tracer.hops.length;
    const missing = await standing();
    if (ended || seen !== tracer.hops.length || missing?.final !== true) return;
    stuck.abort(new HeddleError('nobody_listens', 'nobody is there who could go on'));
  };
  const watchQuiet = (): void => {
    clock.cancel(stuckTimer);
    if (ended) return;
    // A map that cannot be read changes nothing: the wait goes on.
    stuckTimer = clock.after(quietMs, () => void look().catch(() => {}));
  };
  const tellSilence = async (): Promise<void> => {
    const missing = (await linkTrouble(transport, link, clock)) ?? (await standing());
    if (!ended && missing !== undefined) onSilence?.(missing);
  };
  const link = watchLink(transport, clock);
  const tracer = openTracer(transport, prepared, {
    clock,
    sharedSubject,
    onHop: (hop) => {
      watchQuiet();
      onHop?.(hop);
    },
  });
  const submitter = new Submitter(transport, options);
  try {
    const { receipt, outcome: coming } = await submitter.start(prepared, {
      ...options,
      signal,
      onSent: tracer.published,
    });
    await onReceipt?.(receipt);
    if (onSilence !== undefined) silenceTimer = clock.after(silenceMs, () => void tellSilence().catch(() => {}));
    const outcome = await coming;
    onOutcome?.(outcome);
    if (outcome.kind !== 'lost' && outcome.kind !== 'unheard') await submitter.lingered();
    ended = true;
    const missing =
      outcome.kind === 'timeout'
        ? ((await linkTrouble(transport, link, clock)) ?? (await standing()))
        : outcome.kind === 'lost'
          ? findMissingHop(prepared, tracer.hops, { map, elsewhere, knownTypes, unheard: tracer.unheard })
          : outcome.kind === 'failed' && prepared.kind === 'goal' && /timed out/i.test(outcome.result.error ?? '')
            ? await openStage()
            : undefined;
    return { receipt, outcome, hops: tracer.hops, stages: stagesOf(tracer.hops, tracer.stageNames), missing };
  } finally {
    ended = true;
    clock.cancel(stuckTimer);
    clock.cancel(silenceTimer);
    link.close();
    tracer.close();
    submitter.close();
  }
}
