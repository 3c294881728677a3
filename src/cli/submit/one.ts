import { sendOnce } from '../../delivery/sender.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import type { SubmitRequest } from './flags.ts';
import { type Job, refuseUnheard, showReceipt, tellStored, verified } from './job.ts';
import { prepareOne } from './prepare.ts';
import type { SubmitWriter } from './show/renderer.ts';

/** One task or goal: sent, and seen through as far as was asked. */
export async function submitOne(session: Session, request: SubmitRequest, show: SubmitWriter): Promise<ExitCode> {
  const renderer = await show.message();
  const prepared = await prepareOne(session, request);
  if (request.dryRun) {
    renderer.dryRun(prepared);
    return EXIT.ok;
  }
  const waits = request.waitMs !== undefined;
  const transport = await session.connect({ reconnect: waits });
  const job: Job = { session, request, prepared, show, renderer, transport };
  if (!waits) return await send(job);
  const { seeThrough } = await import('./see-through.ts');
  return await seeThrough(job);
}

async function send(job: Job): Promise<ExitCode> {
  const { receipt, onlyWatchers } = await verified(
    job,
    await sendOnce(job.transport, job.prepared, job.session.io.clock),
  );
  showReceipt(job, receipt);
  if (onlyWatchers.length === 0) tellStored(job, receipt);
  if (receipt.heard === 'no') await (await import('./meant.ts')).tellMeant(job);
  refuseUnheard(job, receipt, onlyWatchers);
  return EXIT.ok;
}
