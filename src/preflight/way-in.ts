import type { ErrorCode, HeddleError } from '../errors.ts';
import { type Advice, adviceOf } from '../remedy.ts';
import { type Finding, failed, type Outcome, passed, skipped } from './check.ts';
import type { Probe } from './probe.ts';
import type { ServerTrial } from './server-trials.ts';

/** The steps from a name to a place on the bus, each a check of its own. */
export const STEPS = ['resolves', 'reachable', 'speaks_nats', 'tls', 'authenticated'] as const;
export type Step = (typeof STEPS)[number];

const FAILS_AT: Partial<Readonly<Record<ErrorCode, Step>>> = {
  connection_dns: 'resolves',
  connection_refused: 'reachable',
  connection_unreachable: 'reachable',
  connection_not_nats: 'speaks_nats',
  tls_required: 'tls',
  tls_refused: 'tls',
  tls_certificate: 'tls',
  tls_expired: 'tls',
};

/** At which step an attempt ended. What came after the greeting and was about no certificate is about joining. */
export function stepOf(error: HeddleError): Step {
  return FAILS_AT[error.code] ?? 'authenticated';
}

/**
 * How the servers came through one step. One that fails where another passes is a warning: the client would go on to
 * the other. One that ended at an earlier step is not spoken of again.
 */
export async function wayIn(
  probe: Probe,
  step: Step,
  inWords: {
    passed: (trials: readonly ServerTrial[]) => string | undefined;
    failed?: (error: HeddleError, trial: ServerTrial) => Pick<Finding, 'problem' | keyof Advice>;
    besides?: (trials: readonly ServerTrial[]) => readonly Finding[];
  },
): Promise<Outcome> {
  const trials = await probe.trials();
  const at = STEPS.indexOf(step);
  const here = trials.filter(({ error }) => error === undefined || STEPS.indexOf(stepOf(error)) >= at);
  const past = here.filter(({ error }) => error === undefined || stepOf(error) !== step);
  const findings = here.flatMap((trial): Finding[] => {
    const { error, server } = trial;
    if (error === undefined || stepOf(error) !== step) return [];
    const said = inWords.failed?.(error, trial) ?? { problem: error.message, ...adviceOf(error) };
    const level = past.length === 0 ? 'required' : 'advisory';
    return [{ target: server.label, ...said, code: error.code, level }];
  });
  findings.push(...(inWords.besides?.(past) ?? []));
  if (findings.length > 0) return failed(...findings);
  return here.length === 0 ? skipped('no server came that far') : passed(inWords.passed(past));
}
