import { HeddleError } from '../../errors.ts';
import { nobodyListens, partFor } from '../../submit/missing.ts';
import type { Prepared } from '../../submit/prepared.ts';
import type { Receipt } from '../../submit/receipt.ts';
import { Submitter } from '../../submit/submitter.ts';
import type { Hop } from '../../submit/trace/timeline.ts';
import { isAnswered, type Outcome } from '../../submit/wait/outcome.ts';
import type { Transport } from '../../transport/transport.ts';
import { disarmLine } from '../disarm.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { outputLine } from '../output/submit/batch-line.ts';
import { submitRenderer } from '../output/submit/list.ts';
import type { SubmitRenderer } from '../output/submit/renderer.ts';
import type { Session } from '../session.ts';
import { tellConnectionNews, tellDeaf, tellProgress } from './news.ts';
import { outcomeError } from './outcome-error.ts';
import { prepareOne } from './prepare.ts';
import type { SubmitRequest } from './request.ts';

/** One task or goal: sent, and seen through as far as was asked. */
export async function submitOne(session: Session, request: SubmitRequest): Promise<ExitCode> {
  const renderer = await submitRenderer(session);
  const prepared = await prepareOne(session, request);
  if (request.dryRun) {
    renderer.dryRun(prepared);
    return EXIT.ok;
  }
  const waits = request.wait !== undefined;
  const transport = await session.connect({ reconnect: waits });
  const job: Job = { session, request, prepared, renderer, transport };
  if (!waits) return await send(job);
  session.atEnd(tellConnectionNews(session, transport));
  return request.trace ? await trace(job) : await wait(job);
}

interface Job {
  readonly session: Session;
  readonly request: SubmitRequest;
  readonly prepared: Prepared;
  readonly renderer: SubmitRenderer;
  readonly transport: Transport;
}

async function send(job: Job): Promise<ExitCode> {
  const submitter = new Submitter(job.transport);
  try {
    const { receipt, onlyWatchers } = await verified(job, await submitter.send(job.prepared));
    showReceipt(job, receipt);
    refuseUnheard(job, receipt, onlyWatchers);
    return EXIT.ok;
  } finally {
    submitter.close();
  }
}

async function wait(job: Job): Promise<ExitCode> {
  const { session, request, prepared, transport } = job;
  const submitter = new Submitter(transport, { lingerMs: request.linger, onDeaf: tellDeaf(session) });
  try {
    const { receipt, outcome } = await submitter.start(prepared, {
      timeoutMs: request.wait ?? 0,
      onProgress: tellProgress(session, prepared),
      signal: session.stop,
    });
    const seen = await verified(job, receipt);
    showReceipt(job, seen.receipt);
    if (seen.onlyWatchers.length > 0) refuseUnheard(job, seen.receipt, seen.onlyWatchers);
    const end = await outcome;
    const exit = showOutcome(job, end);
    if (isAnswered(end)) await submitter.lingered();
    return exit;
  } finally {
    submitter.close();
  }
}

async function trace(job: Job): Promise<ExitCode> {
  const { session, request, prepared, transport, renderer } = job;
  const [{ traceSubmission }, { readTopology }] = await Promise.all([
    import('../../submit/trace/trace.ts'),
    import('../../topology/read-topology.ts'),
  ]);
  // The id stands first, whatever comes back before the server's confirmation.
  const early: Hop[] = [];
  let shown = false;
  const traced = await traceSubmission(transport, prepared, {
    timeoutMs: request.wait ?? 0,
    lingerMs: request.linger,
    onDeaf: tellDeaf(session),
    signal: session.stop,
    readMap: () => readTopology(transport),
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
  const { outcome, missing } = traced;
  if (missing?.final === true && outcome.kind === 'lost') {
    const problem = [missing.problem, ...missing.evidence].join('; ');
    throw new HeddleError('nobody_listens', problem, { hint: missing.remedy ?? undefined });
  }
  // In JSON the timeline holds the answer already.
  if (isAnswered(outcome) && session.machine) return outcome.kind === 'completed' ? EXIT.ok : EXIT.no;
  return showOutcome(job, outcome);
}

/** The map is asked only when the server did not already say that nobody listens. */
async function verified(job: Job, receipt: Receipt): Promise<{ receipt: Receipt; onlyWatchers: readonly string[] }> {
  const { session, request, prepared, transport } = job;
  if (!request.verify || receipt.heard === 'no') return { receipt, onlyWatchers: [] };
  const [{ readTopology }, { verifyHeard }] = await Promise.all([
    import('../../topology/read-topology.ts'),
    import('../../submit/verify.ts'),
  ]);
  const map = await readTopology(transport, { signal: session.stop });
  const { heard, onlyWatchers, warnings } = verifyHeard(prepared, receipt.heard, map);
  for (const warning of warnings) session.talk.warn(warning);
  return { receipt: { ...receipt, heard }, onlyWatchers };
}

function showReceipt({ session, request, renderer }: Job, receipt: Receipt): void {
  // stdout belongs to the output alone then.
  if (request.outputOnly) session.talk.info(`sent ${receipt.task_id ?? receipt.goal_id} to ${receipt.subject}`);
  else renderer.receipt(receipt);
}

function refuseUnheard({ session, request, prepared }: Job, receipt: Receipt, onlyWatchers: readonly string[]): void {
  if (receipt.heard !== 'no' && onlyWatchers.length === 0) return;
  const lost = `the ${prepared.kind} was published and is lost`;
  const who = onlyWatchers.length === 0 ? '' : `; only watchers heard it: ${onlyWatchers.join(', ')}`;
  const error = nobodyListens(partFor(prepared), lost + who);
  if (!request.allowUnheard) throw error;
  session.talk.warn(error.message);
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
