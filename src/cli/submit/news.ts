import { UNREAD_FRAME } from '../../contract/frame.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import type { Progress } from '../../delivery/wait/outcome.ts';
import type { HeddleError } from '../../errors.ts';
import type { Topology, Unknown } from '../../topology/topology.ts';
import type { Transport } from '../../transport/transport.ts';
import { formatDuration } from '../flags/duration.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';

/** Says on stderr when the connection goes and comes. Returns the undo. */
export function tellConnectionNews(session: Session, transport: Transport): () => void {
  const { talk } = session;
  return transport.onEvent((event) => {
    if (event.kind === 'disconnected') {
      const why = event.reason === undefined ? '' : ` (${event.reason})`;
      talk.warn(`the connection to ${event.server} was lost${why}; answers that are sent meanwhile are missed`);
    } else if (event.kind === 'reconnecting') talk.detail(`reconnecting to ${event.server}`);
    else if (event.kind === 'reconnected') talk.info(`reconnected to ${event.server}`);
    else if (event.kind === 'stale') talk.warn(`${event.server} does not answer any more; reconnecting`);
  });
}

/** Says on stderr what happens on the way to the answer. */
export function tellProgress(session: Session, prepared: Prepared): (progress: Progress) => void {
  const { talk, err } = session;
  return (progress) => {
    const at = err.style.faint(formatDuration(progress.atMs));
    switch (progress.kind) {
      case 'stage': {
        const { worker_type: worker, status, error } = progress.result;
        const why = status === 'failed' && error ? `: ${disarmLine(error)}` : '';
        const told = `${at}  stage "${disarmLine(worker)}" ${status}${why}`;
        return progress.framed ? talk.warn(`${told}, in ${UNREAD_FRAME}`) : talk.info(told);
      }
      case 'status':
        return talk.info(`${at}  the worker says: ${progress.status}`);
      case 'stage_refused':
        return talk.warn(
          `the router refused a stage for "${disarmLine(progress.workerType ?? '?')}": ${disarmLine(progress.reason)}; its pipeline waits until the stage times out`,
        );
      case 'foreign':
        return talk.detail(
          `${formatDuration(progress.atMs)}  something that is no result on ${prepared.resultSubject}: ${disarmLine(progress.problem)}`,
        );
      case 'late':
        return talk.info(
          `the answer to ${disarmLine(prepared.id)} came after ${formatDuration(progress.atMs)} (${progress.result.status}, from "${disarmLine(progress.result.worker_type)}"), when nobody waited for it any more`,
        );
      // Told when it is known who may have done it.
      case 'duplicate':
        return;
    }
  };
}

/** The work was done twice; by whom, the map of the bus may tell. */
export async function tellSecondAnswer(
  { talk }: Session,
  prepared: Prepared,
  { result, first, atMs }: Progress & { kind: 'duplicate' },
  readMap: () => Promise<Topology | Unknown>,
): Promise<void> {
  const { whoAnsweredTwice } = await import('../../submit/second-answer.ts');
  const map = await readMap().catch(() => undefined);
  const who = whoAnsweredTwice(prepared, [first, result.worker_type], map);
  const guess =
    prepared.kind === 'goal' ? 'a pipeline and an orchestrator' : 'two routers, or workers in two queue groups';
  const why = who === undefined ? `. There may be ${guess}: see 'heddle-ts status'.` : `: ${disarmLine(who)}`;
  talk.warn(
    `a second answer to ${disarmLine(prepared.id)} came after ${formatDuration(atMs)} (${result.status}, from "${disarmLine(result.worker_type)}"): the work was done twice${why}`,
  );
}

/** The router's refusals cannot be heard. */
export function tellDeaf(session: Session): (error: HeddleError) => void {
  return (error) => session.talk.warn(`refusals by the router cannot be heard: ${error.message}`);
}
