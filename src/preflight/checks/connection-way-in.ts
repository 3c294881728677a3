import { isIP } from 'node:net';
import type { ErrorCode, HeddleError } from '../../errors.ts';
import { type Advice, adviceOf } from '../../remedy.ts';
import { type Check, type Finding, failed, type Outcome, passed, skipped } from '../check.ts';
import type { ServerTrial } from '../server-trials.ts';

type Step = 'resolves' | 'reachable' | 'speaks_nats' | 'tls' | 'authenticated';

interface StepCheck {
  readonly step: Step;
  readonly title: string;
  readonly needs: readonly string[];
  /** Of the servers that came through. */
  readonly passed: (trials: readonly ServerTrial[]) => string | undefined;
  /** Of one that ended here. Default: the error's own words. */
  readonly failed?: (error: HeddleError, trial: ServerTrial) => Pick<Finding, 'problem' | keyof Advice>;
  /** What is to be said of servers that came through. */
  readonly besides?: (trial: ServerTrial, now: number) => readonly Finding[];
}

/** The steps from a name to a place on the bus, in order; each is a check of its own. */
const STEPS: readonly StepCheck[] = [
  {
    step: 'resolves',
    title: "the server's name resolves",
    needs: ['settings.valid', 'settings.one_source'],
    passed: (trials) =>
      trials
        .map(({ server: { host }, addresses }) => (isIP(host) === 0 ? `${host} is ${addresses.join(', ')}` : host))
        .join('; '),
    failed: (error) => ({ problem: `cannot connect to NATS: ${error.message}`, ...adviceOf(error) }),
  },
  {
    step: 'reachable',
    title: 'the server can be reached',
    needs: ['connection.resolves'],
    passed: (trials) => trials.map(({ server, reach }) => reachInWords(server.port, reach)).join('; '),
    failed: (error, { server }) => {
      const refused = error.code === 'connection_refused';
      const otherwise: Advice = refused ? { remedy: { do: 'name-server' } } : adviceOf(error);
      return {
        problem: refused
          ? `cannot connect to NATS at ${server.label}: connection refused`
          : `cannot connect to NATS: ${error.message}`,
        remedy: { do: 'any-of', advice: [{ remedy: { do: 'look-for-server' } }, otherwise] },
      };
    },
    besides: deadAddresses,
  },
  {
    step: 'speaks_nats',
    title: 'a NATS server answers there',
    needs: ['connection.reachable'],
    passed: () => undefined,
  },
  {
    step: 'tls',
    title: 'both sides agree on encryption',
    needs: ['connection.speaks_nats'],
    passed: (trials) => [...new Set(trials.map(encryptionInWords))].join('; '),
    besides: endsSoon,
  },
  {
    step: 'authenticated',
    title: 'the server lets us in',
    needs: ['connection.tls'],
    passed: (trials) =>
      trials
        .flatMap(({ joined }) => (joined === undefined ? [] : [joined]))
        .map(({ url, info }) => `${url}${info.authRequired ? '' : ' (asks for no credentials)'}`)
        .join(', '),
  },
];

export const WAY_IN_CHECKS: readonly Check[] = STEPS.map((check, at) => ({
  id: `connection.${check.step}`,
  group: 'connection',
  title: check.title,
  level: 'required',
  needs: check.needs,
  run: async (probe) => judge(check, at, await probe.trials(), probe.clock.now()),
}));

/**
 * How the servers came through one step. One that fails where another passes is a warning: the client would go on to
 * the other. One that ended at an earlier step is not spoken of again.
 */
function judge(check: StepCheck, at: number, trials: readonly ServerTrial[], now: number): Outcome {
  const here = trials.filter(({ error }) => error === undefined || placeOf(stepOf(error)) >= at);
  const past = here.filter(({ error }) => error === undefined || stepOf(error) !== check.step);
  const findings = here.flatMap((trial): Finding[] => {
    const { error, server } = trial;
    if (error === undefined || stepOf(error) !== check.step) return [];
    const said = check.failed?.(error, trial) ?? { problem: error.message, ...adviceOf(error) };
    const level = past.length === 0 ? 'required' : 'advisory';
    return [{ target: server.label, ...said, code: error.code, level }];
  });
  findings.push(...past.flatMap((trial) => check.besides?.(trial, now) ?? []));
  if (findings.length > 0) return failed(...findings);
  return here.length === 0 ? skipped('no server came that far') : passed(check.passed(past));
}

const placeOf = (step: Step): number => STEPS.findIndex((each) => each.step === step);

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
function stepOf(error: HeddleError): Step {
  return FAILS_AT[error.code] ?? 'authenticated';
}

function reachInWords(port: number, reach: ServerTrial['reach']): string {
  const shown = reach.map(
    ({ address, ok, problem }) =>
      `${address.includes(':') ? `[${address}]` : address}:${port}${ok ? '' : ` (${whyNot(problem)})`}`,
  );
  return shown.join(', ');
}

/** One address of a name that is dead costs every client that draws it a timeout; `localhost` on one family is normal. */
function deadAddresses({ server, reach }: ServerTrial): Finding[] {
  return reach
    .filter(({ ok, address }) => !ok && address !== '::1' && !address.startsWith('127.'))
    .map(({ address, problem }) => ({
      target: address,
      problem: `${server.host} resolves to ${address} too, which cannot be reached: ${whyNot(problem)}`,
      hint: 'Clients that draw this address wait before they try another. Take it out of the name service, or start the server there.',
      level: 'advisory',
    }));
}

function whyNot(problem: string | undefined): string {
  if (problem === 'ECONNREFUSED') return 'connection refused';
  return problem === 'timeout' || problem === undefined ? 'no answer' : problem;
}

function encryptionInWords({ joined, tls }: ServerTrial): string {
  if (joined?.info.encrypted !== true) return 'plain text, as both sides want it';
  const until = tls?.handshake?.certificate.validTo.slice(0, 10);
  return [tls?.handshake?.protocol ?? 'TLS', until === undefined ? '' : `certificate valid until ${until}`]
    .filter(Boolean)
    .join(', ');
}

const SOON_MS = 14 * 24 * 3600 * 1000;

function endsSoon({ server, tls }: ServerTrial, now: number): Finding[] {
  const validTo = tls?.handshake?.certificate.validTo ?? '';
  const ends = Date.parse(validTo);
  if (Number.isNaN(ends) || ends < now || ends - now > SOON_MS) return [];
  return [
    {
      target: server.label,
      problem: `the certificate of ${server.label} ends on ${validTo.slice(0, 10)}, in ${Math.floor((ends - now) / 86_400_000)} days`,
      hint: 'Renew it before: from then on nobody gets in.',
      level: 'advisory',
    },
  ];
}
