import { HeddleError, isHeddleError } from '../../errors.ts';
import { changesBetween } from '../../preflight/changes.ts';
import type { Questions } from '../../preflight/probe.ts';
import { readinessLine } from '../../preflight/readiness-line.ts';
import { repeatRounds } from '../../preflight/repeat.ts';
import type { Report } from '../../preflight/report.ts';
import { preflightRound } from '../../preflight/round.ts';
import type { CommandOptions } from '../command.ts';
import type { Mode } from '../commands/preflight.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { changeLine, waitingLine } from '../output/preflight/change-line.ts';
import { PREFLIGHT_RENDERERS } from '../output/preflight/list.ts';
import type { Session } from '../session.ts';
import { exitOf, type FailOn, nagiosExitOf } from './exit.ts';
import { duration, preflightInput } from './input.ts';

/** While waiting: often enough that green is seen within a second. */
const WAIT_EVERY_MS = 400;

/** The last round of a wait may take this long, however little time is left: less would fail a bus that is well. */
const LAST_ROUND_MS = 1000;

export async function runPreflight(session: Session, options: CommandOptions, mode: Mode): Promise<ExitCode> {
  let input = await preflightInput(session, options);
  const failOn: FailOn = options.failOn === 'warning' ? 'warning' : 'error';
  const passes = (report: Report): boolean => exitOf(report, failOn) === EXIT.ok;
  const round = (ask: Partial<Questions> = {}): Promise<Report> =>
    preflightRound({ ...input, ask: { ...input.ask, ...ask }, signal: session.stop });
  /** Settings and files may have changed since the round before: what is mounted late or renewed is seen. */
  const nextRound = async (ask?: Partial<Questions>): Promise<Report> => {
    input = await preflightInput(session, options).catch((error: unknown) => {
      if (isHeddleError(error)) return input;
      throw error;
    });
    return await round(ask);
  };
  const render = (report: Report): void => {
    const renderer = PREFLIGHT_RENDERERS[session.format];
    if (renderer === undefined) throw new Error(`no renderer for ${session.format}`);
    session.io.stdout.write(
      renderer(report, {
        ok: passes(report),
        failOn,
        screen: session.out,
        verbose: session.verbose,
        platform: session.io.platform,
      }),
    );
  };
  const verdict = (report: Report): ExitCode =>
    session.format === 'nagios' ? nagiosExitOf(report, failOn) : exitOf(report, failOn);

  switch (mode) {
    case 'ready': {
      const report = await round();
      session.print(readinessLine(report, passes(report)));
      return session.interruption() ?? (passes(report) ? EXIT.ok : EXIT.no);
    }
    case 'serve':
      return await serve(session, options, nextRound, passes);
    case 'watch': {
      const everyMs = options.watch === true ? 10_000 : duration(options, 'watch', '--watch', 10_000, 100);
      let before: Report | undefined;
      await repeatRounds({
        round: () => nextRound(),
        everyMs,
        signal: session.stop,
        onReport: (report) => {
          tellChanges(session, before, report, render);
          before = report;
          return session.io.stdout.broken;
        },
      });
      return session.interruption() ?? EXIT.ok;
    }
    case 'wait': {
      const forMs = duration(options, 'wait', '--wait', 60_000);
      let before: Report | undefined;
      const waited = await repeatRounds({
        // A real task is sent once, when all the rest is well.
        round: (leftMs) =>
          nextRound({ smoke: undefined, timeoutMs: Math.min(input.ask.timeoutMs, Math.max(LAST_ROUND_MS, leftMs)) }),
        everyMs: WAIT_EVERY_MS,
        forMs,
        signal: session.stop,
        onReport: (report) => {
          if (passes(report)) return true;
          if (!session.machine)
            for (const change of changesBetween(before, report)) session.talk.info(waitingLine(change, session.err));
          before = report;
          return false;
        },
      });
      const sends = input.ask.smoke !== undefined && waited !== undefined && passes(waited) && !session.stop.aborted;
      const last = sends ? await round() : waited;
      // What a round found that was broken off is not the answer.
      const interrupted = session.interruption();
      if (last === undefined || interrupted !== undefined) return interrupted ?? EXIT.ok;
      render(last);
      return verdict(last);
    }
    default: {
      const spinner = await session.spin('Looking at the bus');
      const report = await round().finally(() => spinner.stop());
      const interrupted = session.interruption();
      if (interrupted !== undefined) return interrupted;
      render(report);
      return verdict(report);
    }
  }
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

async function serve(
  session: Session,
  options: CommandOptions,
  nextRound: () => Promise<Report>,
  passes: (report: Report) => boolean,
): Promise<ExitCode> {
  const [{ startSidecar }, { parseListenAddress }] = await Promise.all([
    import('../../preflight/sidecar.ts'),
    import('../settings/listen-address.ts'),
  ]);
  const { host, port } = parseListenAddress(options.serve, '--serve', '127.0.0.1:8087');
  let before: Report | undefined;
  const sidecar = await startSidecar({
    host,
    port,
    everyMs: duration(options, 'interval', '--interval', 5000, 100),
    round: () => nextRound(),
    passes,
    signal: session.stop,
    onReport: (report) => {
      const time = new Date(report.startedAt);
      for (const change of changesBetween(before, report)) session.talk.info(changeLine(change, time, session.err));
      before = report;
    },
  }).catch((thrown: unknown) => {
    if (!isHeddleError(thrown) || thrown.code !== 'usage') throw thrown;
    throw new HeddleError('usage', thrown.message, { hint: 'Name another with --serve host:port.', cause: thrown });
  });
  session.print(`serving ${sidecar.url}/livez /readyz /healthz /metrics`);
  await sidecar.ended;
  return session.interruption() ?? EXIT.ok;
}
