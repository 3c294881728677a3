import type { ListenAddress } from '../../config/listen.ts';
import { isHeddleError } from '../../errors.ts';
import { changesBetween } from '../../preflight/changes.ts';
import type { Questions } from '../../preflight/probe.ts';
import { repeatRounds } from '../../preflight/repeat.ts';
import { type Report, readinessLine } from '../../preflight/report.ts';
import { preflightRound } from '../../preflight/round.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { errorsAsJson } from '../flags/frame.ts';
import { warnExposed } from '../flags/listen-address.ts';
import { adviceText } from '../remedies.ts';
import type { Session } from '../session.ts';
import { changeLine, waitingLine } from './change-line.ts';
import { exitOf, nagiosExitOf } from './exit.ts';
import type { PreflightFlags } from './flags.ts';
import { FORMATS, type ReportFormat } from './formats/list.ts';
import { deadLetterQuestion, preflightInput } from './input.ts';

/** While waiting: often enough that green is seen within a second. */
const WAIT_EVERY_MS = 400;

/** The last round of a wait may take this long, however little time is left: less would fail a bus that is well. */
const LAST_ROUND_MS = 1000;

/** Rounds of checks, each by the settings as they stand then, and how their answer counts. */
interface Rounds {
  readonly flags: PreflightFlags;
  /** By the settings that were read last. */
  round(ask?: Partial<Questions>): Promise<Report>;
  /** Settings and files may have changed since the round before: what is mounted late or renewed is seen. */
  nextRound(ask?: Partial<Questions>): Promise<Report>;
  passes(report: Report): boolean;
  render(report: Report, interrupted?: boolean): void;
  verdict(report: Report): ExitCode;
  readonly ask: Questions;
}

export async function runPreflight(session: Session<ReportFormat>, flags: PreflightFlags): Promise<ExitCode> {
  const deadLetters = deadLetterQuestion(session, flags);
  let input = await preflightInput(session, flags, deadLetters);
  const { failOn } = flags;
  const write = await FORMATS[session.format](session);
  const passes = (report: Report): boolean => exitOf(report, failOn) === EXIT.ok;
  const round = (ask: Partial<Questions> = {}): Promise<Report> =>
    preflightRound({ ...input, ask: { ...input.ask, ...ask }, signal: session.stop });
  const rounds: Rounds = {
    flags,
    round,
    nextRound: async (ask) => {
      input = await preflightInput(session, flags, deadLetters).catch((error: unknown) => {
        if (isHeddleError(error)) return input;
        throw error;
      });
      return await round(ask);
    },
    passes,
    render: (report, interrupted) =>
      void session.io.stdout.write(write(report, { ok: passes(report), failOn, interrupted })),
    verdict: (report) => (session.format === 'nagios' ? nagiosExitOf(report, failOn) : exitOf(report, failOn)),
    get ask() {
      return input.ask;
    },
  };
  if (flags.probe !== undefined) return await probe(session, rounds);
  if (flags.serve !== undefined) return await serve(session, rounds, flags.serve);
  if (flags.watch !== undefined) return await watch(session, rounds, flags.watch);
  return flags.wait === undefined ? await once(session, rounds) : await waitFor(session, rounds, flags.wait);
}

async function once(session: Session, { round, render, verdict }: Rounds): Promise<ExitCode> {
  const spinner = await session.spin('Looking at the bus');
  const report = await round().finally(() => spinner.stop());
  const interrupted = session.interruption();
  if (interrupted !== undefined) {
    if (errorsAsJson(session.format)) throw session.stop.reason;
    return interrupted;
  }
  render(report);
  return verdict(report);
}

async function probe(session: Session, { round, passes }: Rounds): Promise<ExitCode> {
  const report = await round();
  session.print(readinessLine(report, passes(report)));
  return session.interruption() ?? (passes(report) ? EXIT.ok : EXIT.no);
}

async function watch(session: Session, { nextRound, render }: Rounds, everyMs: number): Promise<ExitCode> {
  let before: Report | undefined;
  await repeatRounds({
    round: () => nextRound(),
    everyMs,
    clock: session.io.clock,
    signal: session.stop,
    onReport: (report) => {
      tellChanges(session, before, report, render);
      before = report;
      return session.io.stdout.broken;
    },
  });
  return session.interruption() ?? EXIT.ok;
}

async function waitFor(session: Session, rounds: Rounds, forMs: number): Promise<ExitCode> {
  const { round, nextRound, passes, render, verdict } = rounds;
  let before: Report | undefined;
  const waited = await repeatRounds({
    // A real task is sent once, when all the rest is well.
    round: (leftMs) =>
      nextRound({ smoke: undefined, timeoutMs: Math.min(rounds.ask.timeoutMs, Math.max(LAST_ROUND_MS, leftMs)) }),
    everyMs: WAIT_EVERY_MS,
    forMs,
    clock: session.io.clock,
    signal: session.stop,
    onReport: (report) => {
      if (passes(report)) return true;
      if (!session.machine)
        for (const change of changesBetween(before, report)) session.talk.info(waitingLine(change, session.err));
      before = report;
      return false;
    },
  });
  const sends = rounds.ask.smoke !== undefined && waited !== undefined && passes(waited) && !session.stop.aborted;
  const last = sends ? await round() : waited;
  const interrupted = session.interruption();
  if (interrupted !== undefined) {
    // What a round found that was broken off is not the answer; a program still gets its one document.
    if (errorsAsJson(session.format)) {
      if (before === undefined) throw session.stop.reason;
      render(before, true);
    }
    return interrupted;
  }
  if (last === undefined) return EXIT.ok;
  render(last);
  return verdict(last);
}

/** For people one line a change; for programs the whole report on a line of its own. */
function tellChanges(
  session: Session,
  before: Report | undefined,
  after: Report,
  render: (report: Report) => void,
): void {
  const changes = changesBetween(before, after);
  if (before !== undefined && changes.length === 0) return;
  if (session.machine) return render(after);
  const time = new Date(after.startedAt);
  if (before === undefined && changes.length === 0) session.print(changeLine(undefined, time, session.out));
  for (const change of changes) session.print(changeLine(change, time, session.out));
}

async function serve(session: Session, rounds: Rounds, at: ListenAddress): Promise<ExitCode> {
  const { startSidecar } = await import('../../preflight/sidecar.ts');
  const { serveTokenFile, interval } = rounds.flags;
  const token = serveTokenFile === undefined ? undefined : await tokenOf(session, serveTokenFile);
  if (token === undefined) warnExposed(session, at.host, '/healthz and /metrics', SERVED_TOKEN);
  let before: Report | undefined;
  const sidecar = await startSidecar({
    ...at,
    token,
    everyMs: interval,
    round: () => rounds.nextRound(),
    passes: rounds.passes,
    clock: session.io.clock,
    signal: session.stop,
    words: adviceText,
    onReport: (report) => {
      const time = new Date(report.startedAt);
      for (const change of changesBetween(before, report)) session.talk.info(changeLine(change, time, session.err));
      before = report;
    },
  });
  session.print(`serving ${sidecar.url}/livez /readyz /healthz /metrics`);
  await sidecar.ended;
  return session.interruption() ?? EXIT.ok;
}

const SERVED_TOKEN = '--serve-token-file asks for a token';
const LARGEST_TOKEN_BYTES = 64 * 1024;

/** One line end at its end is the editor's. */
async function tokenOf({ io, stop }: Session, name: string): Promise<string> {
  const { readInputText } = await import('../read-input.ts');
  return (await readInputText({ name, flag: '--serve-token-file' }, io, stop, LARGEST_TOKEN_BYTES)).trim();
}
