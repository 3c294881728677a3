import type { Prepared } from '../../delivery/prepared.ts';
import { Submitter } from '../../delivery/submitter.ts';
import { isAnswered, type Outcome } from '../../delivery/wait/outcome.ts';
import { HeddleError } from '../../errors.ts';
import { adviceOf } from '../../remedy.ts';
import type { Hop, MissingHop } from '../../submit/trace/timeline.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { formatDuration } from '../flags/duration.ts';
import { disarmLine } from '../screen/disarm.ts';
import { type Job, refuseUnheard, showReceipt, tellStored, verified } from './job.ts';
import { tellConnectionNews, tellDeaf, tellProgress } from './news.ts';
import { outcomeError } from './outcome-error.ts';
import { outputLine } from './show/batch-line.ts';

/** Waits for the end of what is sent, with or without showing its way there. */
export async function seeThrough(job: Job): Promise<ExitCode> {
  const { session, request, transport } = job;
  session.atEnd(tellConnectionNews(session, transport));
  return request.trace ? await trace(job) : await wait(job);
}

async function wait(job: Job): Promise<ExitCode> {
  const { session, request, prepared, transport } = job;
  const { clock } = session.io;
  const submitter = new Submitter(transport, { clock, lingerMs: request.linger, onDeaf: tellDeaf(session) });
  try {
    const { receipt, outcome } = await submitter.start(prepared, {
      timeoutMs: request.waitMs ?? 0,
      sharedSubject: request.parent !== undefined,
      onProgress: tellProgress(session, prepared),
      signal: session.stop,
    });
    const seen = await verified(job, receipt);
    showReceipt(job, seen.receipt);
    // What the server itself says becomes the outcome.
    const nobody = seen.receipt.heard === 'no' && receipt.heard !== 'no';
    if (nobody || seen.onlyWatchers.length > 0) refuseUnheard(job, seen.receipt, seen.onlyWatchers);
    const end = await outcome;
    if (!isAnswered(end)) tellStored(job, seen.receipt);
    const exit = showOutcome(job, end);
    if (isAnswered(end)) await submitter.lingered();
    return exit;
  } finally {
    submitter.close();
  }
}

async function trace(job: Job): Promise<ExitCode> {
  const { session, request, prepared, transport } = job;
  const renderer = await job.show.trace();
  const [{ traceSubmission }, { readTopology }] = await Promise.all([
    import('../../submit/trace/trace.ts'),
    import('../../topology/read-topology.ts'),
  ]);
  // The id stands first, whatever comes back before the server's confirmation.
  const early: Hop[] = [];
  let shown = false;
  const { clock } = session.io;
  const traced = await traceSubmission(transport, prepared, {
    clock,
    timeoutMs: request.waitMs ?? 0,
    sharedSubject: request.parent !== undefined,
    lingerMs: request.linger,
    onDeaf: tellDeaf(session),
    signal: session.stop,
    readMap: () => readTopology(transport, { clock }),
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
  if (missing !== undefined && (missing.final || outcome.kind === 'timeout')) {
    throw stoppedShort(prepared, outcome, missing);
  }
  // In JSON the timeline holds the answer already.
  if (isAnswered(outcome) && session.machine) return outcome.kind === 'completed' ? EXIT.ok : EXIT.no;
  return showOutcome(job, outcome);
}

/** The hop that is missing says more than that time ran out. */
function stoppedShort(prepared: Prepared, outcome: Outcome, missing: MissingHop): HeddleError {
  const problem = [missing.problem, ...missing.evidence].join('; ');
  if (missing.final && outcome.kind === 'lost') {
    return new HeddleError('nobody_listens', problem, adviceOf(missing));
  }
  const time = formatDuration(outcome.elapsedMs);
  const known = missing.hint !== undefined || missing.remedy !== undefined;
  return new HeddleError(
    'timeout',
    `no answer to ${prepared.kind} ${prepared.id} within ${time}; ${problem}`,
    known ? adviceOf(missing) : { hint: "It may still run. Who listens: 'heddle-ts status'." },
  );
}

function showOutcome({ session, request, prepared, renderer }: Job, outcome: Outcome): ExitCode {
  if (!isAnswered(outcome)) throw outcomeError(prepared, outcome);
  if (!request.outputOnly) renderer.answer(outcome);
  else {
    const output = outputLine(outcome);
    if (output !== undefined) session.print(output);
    if (outcome.kind === 'failed')
      session.talk.warn(`${prepared.kind} failed: ${disarmLine(outcome.result.error || 'no reason given')}`);
  }
  return outcome.kind === 'completed' ? EXIT.ok : EXIT.no;
}
