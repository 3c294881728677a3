import { UNREAD_FRAME } from '../../contract/frame.ts';
import { knownFailure } from '../../delivery/known-failures.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import { type Answered, isAnswered, type Outcome, type Progress } from '../../delivery/wait/outcome.ts';
import { HeddleError } from '../../errors.ts';
import { adviceOf } from '../../remedy.ts';
import type { Hop, MissingHop } from '../../submit/trace/timeline.ts';
import { type Trace, type TraceOptions, traceSubmission } from '../../submit/trace/trace.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { formatDuration } from '../flags/duration.ts';
import { withAdvice } from '../remedies.ts';
import { disarmLine } from '../screen/disarm.ts';
import { type Job, refuseUnheard, showReceipt, tellStored, verified } from './job.ts';
import { tellConnectionNews, tellDeaf, tellProgress, tellSecondAnswer } from './news.ts';
import { outcomeError } from './outcome-error.ts';
import { outputLine } from './show/batch-line.ts';

/** Waits for the end of what is sent, with or without showing its way there. */
export async function seeThrough(job: Job): Promise<ExitCode> {
  const { session, request, transport } = job;
  session.atEnd(tellConnectionNews(session, transport));
  return request.trace ? await trace(job) : await wait(job);
}

/** The way is looked at all the same: it is what there is to tell when no answer comes. */
async function wait(job: Job): Promise<ExitCode> {
  let shown: ExitCode | undefined;
  const { outcome, missing, receipt } = await follow(job, {
    patient: true,
    onProgress: tellProgress(job.session, job.prepared),
    onReceipt: async (receipt) => {
      const seen = await verified(job, receipt);
      showReceipt(job, seen.receipt);
      // What the server itself says becomes the outcome.
      const nobody = seen.receipt.heard === 'no' && receipt.heard !== 'no';
      if (nobody || seen.onlyWatchers.length > 0) refuseUnheard(job, seen.receipt, seen.onlyWatchers);
    },
    onOutcome: (outcome) => {
      if (isAnswered(outcome)) shown = showAnswer(job, outcome);
    },
  });
  if (shown !== undefined) {
    if (missing !== undefined) job.session.talk.warn(standing(missing));
    return shown;
  }
  tellStored(job, receipt);
  return showOutcome(job, outcome, { missing });
}

async function trace(job: Job): Promise<ExitCode> {
  const { session, prepared } = job;
  const renderer = await job.show.trace();
  // The id stands first, whatever comes back before the server's confirmation.
  const early: Hop[] = [];
  let shown = false;
  const traced = await follow(job, {
    onReceipt: (receipt) => {
      showReceipt(job, receipt);
      shown = true;
      for (const hop of early) renderer.hop(hop);
    },
    onHop: (hop) => {
      if (shown) renderer.hop(hop);
      else early.push(hop);
    },
  });
  renderer.trace(traced);
  const { outcome, missing, receipt } = traced;
  if (!isAnswered(outcome)) tellStored(job, receipt);
  if (missing !== undefined && !isAnswered(outcome) && (missing.final || outcome.kind === 'timeout')) {
    throw stoppedShort(prepared, outcome, missing);
  }
  // In JSON the timeline holds the answer already.
  const answered = isAnswered(outcome) && session.machine;
  const exit = answered ? exitOf(outcome) : showOutcome(job, outcome, { traced: true });
  if (missing !== undefined) session.talk.warn(standing(missing));
  return exit;
}

type Shown = Pick<TraceOptions, 'patient' | 'onProgress' | 'onReceipt' | 'onHop' | 'onOutcome'>;

async function follow(job: Job, shown: Shown): Promise<Trace> {
  const { session, request, prepared, transport } = job;
  const { clock } = session.io;
  const readMap = async () => (await import('../../topology/read-topology.ts')).readTopology(transport, { clock });
  const doubles: (Progress & { kind: 'duplicate' })[] = [];
  const traced = await traceSubmission(transport, prepared, {
    ...shown,
    clock,
    timeoutMs: request.waitMs ?? 0,
    sharedSubject: request.parent !== undefined,
    acceptFrames: request.acceptFrames,
    lingerMs: request.linger,
    onDeaf: tellDeaf(session),
    signal: session.stop,
    readMap,
    elsewhere: async (map, subject) =>
      (await import('../../submit/elsewhere.ts')).readElsewhere(transport, map, subject, clock),
    knownTypes: async () => await (await import('./known-types.ts')).knownTypes(session.io),
    onProgress: (progress) => {
      if (progress.kind === 'duplicate') doubles.push(progress);
      else shown.onProgress?.(progress);
    },
    onSilence: (missing) => session.talk[missing.final ? 'warn' : 'info'](standing(missing)),
  });
  for (const double of doubles) await tellSecondAnswer(session, prepared, double, readMap);
  return traced;
}

/** Where it stands, and what to do, on one line. */
function standing(missing: MissingHop): string {
  return withAdvice({ message: disarmLine([missing.problem, ...missing.evidence].join('; ')), ...adviceOf(missing) });
}

/** The hop that is missing says more than that time ran out. */
function stoppedShort(prepared: Prepared, outcome: Outcome, missing: MissingHop): HeddleError {
  const problem = [missing.problem, ...missing.evidence].join('; ');
  if (missing.final && outcome.kind === 'lost') {
    return new HeddleError(missing.answered === true ? 'task_failed' : 'nobody_listens', problem, adviceOf(missing));
  }
  const time = formatDuration(outcome.elapsedMs);
  const known = missing.hint !== undefined || missing.remedy !== undefined;
  return new HeddleError(
    missing.hop === 'connection' ? 'connection_lost' : 'timeout',
    `no answer to ${prepared.kind} ${prepared.id} within ${time}; ${problem}`,
    known ? adviceOf(missing) : { hint: "It may still run. Who listens: 'heddle-ts status'." },
  );
}

function showOutcome(job: Job, outcome: Outcome, followed: Parameters<typeof outcomeError>[2]): ExitCode {
  if (!isAnswered(outcome)) throw outcomeError(job.prepared, outcome, followed);
  return showAnswer(job, outcome);
}

function showAnswer({ session, request, prepared, renderer }: Job, answer: Answered): ExitCode {
  const { talk } = session;
  const error = answer.kind === 'failed' ? (answer.result.error ?? '') : '';
  if (!request.outputOnly) renderer.answer(answer);
  else {
    const output = outputLine(answer);
    if (output !== undefined) session.print(output);
    if (answer.kind === 'failed') talk.warn(`${prepared.kind} failed: ${disarmLine(error || 'no reason given')}`);
  }
  const known = knownFailure(error);
  if (known !== undefined) talk.warn(withAdvice({ message: known.means, ...adviceOf(known) }));
  if (answer.framed) talk.warn(`the answer is ${UNREAD_FRAME}`);
  return exitOf(answer);
}

function exitOf({ kind }: Answered): ExitCode {
  return kind === 'completed' ? EXIT.ok : EXIT.no;
}
