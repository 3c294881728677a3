import { checkOptions, is, type Keys, needed } from '../check-options.ts';
import { systemClock } from '../time/clock.ts';
import { CHECKS } from './checks/list.ts';
import { openProbe, type ProbeOptions } from './open-probe.ts';
import type { Questions } from './probe.ts';
import type { Report } from './report.ts';
import { runChecks } from './run-checks.ts';
import type { Selection } from './selection.ts';

/** What one round looks at, and how. */
export interface RoundOptions extends Omit<ProbeOptions, 'signal'> {
  readonly selection: Selection;
  /** Ends the round early. */
  readonly signal?: AbortSignal | undefined;
}

/** Steps that ended in time still need a moment to say so: a quarter of the time, and never more than this. */
const MOST_GRACE_MS = 400;

const OPTIONS: Keys<RoundOptions> = {
  ask: needed(
    is.options<Questions>({
      rttWarnMs: needed(is.number),
      tiers: needed(is.texts),
      probeBackends: needed(is.truth),
      expectations: needed(is.listOf(is.object, 'expectations')),
      expectCalled: is.text,
      configs: needed(is.texts),
      roles: is.texts,
      routerConfigs: is.texts,
      listenMs: is.number,
      smoke: is.object,
      deadLetters: is.object,
      timeoutMs: needed(is.number),
    }),
  ),
  settings: needed(is.object),
  env: needed(is.object),
  servers: needed(is.listOf(is.object, 'servers')),
  connect: needed(is.callback),
  tls: is.object,
  sources: needed(is.object),
  clock: is.clock,
  home: needed(is.text),
  resolve: needed(is.callback),
  selection: needed(is.object),
  signal: is.signal,
};

/** One round of all checks, on connections of its own: what it finds does not depend on rounds before. */
export async function preflightRound(options: RoundOptions): Promise<Report> {
  checkOptions('preflightRound', options, OPTIONS);
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  const { probe, close } = await openProbe({ ...options, signal });
  const { ask, clock = systemClock } = options;
  const smokeMs = ask.smoke === undefined ? 0 : ask.smoke.timeoutMs;
  try {
    return await runChecks({
      checks: CHECKS,
      probe,
      selection: options.selection,
      deadlineMs: ask.timeoutMs + smokeMs + (ask.listenMs ?? 0) + Math.min(MOST_GRACE_MS, ask.timeoutMs / 4),
      clock,
      signal: options.signal,
    });
  } finally {
    over.abort();
    await close();
  }
}
