import { resolve } from 'node:path';
import { readSubject } from '../../contract/subject-meaning.ts';
import { TASKS_INCOMING } from '../../contract/subjects.ts';
import type { BatchEnd, BatchOptions } from '../../submit/batch/batch.ts';
import { itemReader } from '../../submit/batch/item.ts';
import type { Journal, SkipRule } from '../../submit/batch/journal.ts';
import { Latencies } from '../../submit/batch/latencies.ts';
import { type Line, readLines } from '../../submit/batch/lines.ts';
import { paced, unpaced } from '../../submit/batch/pace.ts';
import { type BatchReport, batchReport, type Doubt } from '../../submit/batch/report.ts';
import { runAll } from '../../submit/batch/run-all.ts';
import { sendAll } from '../../submit/batch/send-all.ts';
import { emptyTally, type Tally } from '../../submit/batch/tally.ts';
import { type MissingPart, partFor } from '../../submit/missing.ts';
import { withParent } from '../../submit/task-draft.ts';
import { unlessAborted } from '../../time/wait.ts';
import type { ExitCode } from '../exit.ts';
import { streamInput } from '../read-input.ts';
import { formatCount } from '../screen/count.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';
import { showBatchProgress } from './batch-progress.ts';
import { readPayloadOf, taskFrame } from './drafts.ts';
import type { SubmitRequest } from './flags.ts';
import { storedInWords } from './job.ts';
import { tellConnectionNews } from './news.ts';
import { type NamedWorker, namedWorker, refuseWrongPayload, sourcesOf, warnOfName } from './prepare.ts';
import { batchLine, outputLine } from './show/batch-line.ts';
import type { BatchRenderer } from './show/renderer.ts';
import { Unanswered } from './unanswered.ts';
import { verdict } from './verdict.ts';

/** Problems that are shown one by one; of the rest only the number. */
const SHOWN_PROBLEMS = 20;
const KEPT_PROBLEMS = 100;

/** Many tasks: sent, or sent and seen through. */
export async function submitMany(session: Session, request: SubmitRequest, renderer: BatchRenderer): Promise<ExitCode> {
  const worker = await namedWorker(session, request);
  const lines = await linesOf(session, request, worker);
  const sources = sourcesOf(session);
  const { clock } = session.io;
  const waits = request.waitMs !== undefined;
  const named = request.workerType ?? worker?.name;
  const frame = { ...taskFrame(request, worker, session.io.env), parentId: request.parent };
  if (named !== undefined) warnOfName(session, named);
  const draft = waits ? withParent({ ...frame, payload: {} }, sources) : frame;
  const read = itemReader(
    {
      lines: request.jsonl === undefined ? 'payload' : (request.lines ?? 'auto'),
      draft: named === undefined ? undefined : draft,
      direct: request.direct,
      check: worker?.check,
      parentId: draft.parentId,
    },
    sources,
  );
  const journal = await openJournal(session, request);
  session.io.stdout.useEventLoop();
  session.io.stderr.useEventLoop();
  const transport = await session.connect({ reconnect: true });
  session.atEnd(tellConnectionNews(session, transport));
  const tally = emptyTally();
  const problems: BatchReport['problems'][number][] = [];
  const doubts: Doubt[] = [];
  const common: BatchOptions = {
    transport,
    clock,
    lines,
    read,
    onError: request.onError ?? 'stop',
    onProblem: (line, problem) => {
      if (problems.length < KEPT_PROBLEMS) problems.push({ line, problem });
      if (tally.malformed <= SHOWN_PROBLEMS) session.talk.warn(`line ${line} ${disarmLine(problem)}`);
      else if (tally.malformed === SHOWN_PROBLEMS + 1) session.talk.warn('further malformed lines are only counted');
    },
    allowUnheard: request.allowUnheard,
    pace: request.rate === undefined ? unpaced() : paced(request.rate.perSecond, clock),
    journal,
    doubts: request.resendUncertain ? 'resend' : 'leave',
    onDoubt: (line, taskId) => void doubts.push({ line, task_id: taskId }),
    patienceMs: request.reconnectTimeout,
    signal: session.stop,
    tally,
  };
  const latencies = waits ? new Latencies() : undefined;
  const unanswered = new Unanswered();
  const stopProgress = await showBatchProgress(session, tally, {
    waits,
    total: request.count,
    file: fileOf(session, request),
  });
  let end: BatchEnd;
  try {
    end = await (latencies === undefined
      ? sendAll({ ...common, onLost: request.resendUncertain ? 'resend' : 'report' })
      : runAll({ ...common, ...waiting(session, request, unanswered), latencies }));
  } finally {
    stopProgress();
    await journal?.close();
  }
  renderer.summary(batchReport(end, tally, { waited: waits, latencies, problems, doubts }));
  const part = unheardPart(end, request.direct);
  tellStored(session, end, tally, part);
  await unanswered.tell(session, transport);
  return session.interruption() ?? verdict(session.talk, end, tally, part);
}

/** Where the lines come from, when it is a file. */
function fileOf({ io }: Session, { jsonl }: SubmitRequest): string | undefined {
  return jsonl === undefined || jsonl === '-' ? undefined : resolve(io.cwd, jsonl);
}

/** Where answers were awaited and all came, somebody listened too. */
function tellStored({ talk }: Session, { streams }: BatchEnd, tally: Tally, part: MissingPart): void {
  const answered = tally.completed + tally.failed + tally.dead_lettered + tally.malformed_results;
  if (streams === undefined || streams.size === 0 || answered === tally.sent) return;
  talk.warn(storedInWords(`${formatCount(tally.stored)} `, [...streams].sort().map(disarmLine), part.part));
}

function unheardPart({ unheardSubject: subject = TASKS_INCOMING }: BatchEnd, direct: boolean): MissingPart {
  const meaning = readSubject(subject);
  return partFor({
    kind: 'task',
    subject,
    workerType: meaning.kind === 'task' ? meaning.workerType : undefined,
    direct,
  });
}

function waiting(session: Session, request: SubmitRequest, unanswered: Unanswered) {
  const { io, talk } = session;
  // All tasks that ended wait for the same room.
  let room: Promise<void> | undefined;
  const roomToShow = (): Promise<void> => {
    room ??= unlessAborted(io.stdout.drained(), session.stop)
      .catch(() => {})
      .finally(() => {
        room = undefined;
      });
    return room;
  };
  return {
    concurrency: request.concurrency,
    timeoutMs: request.waitMs ?? 0,
    lingerMs: request.linger ?? 200,
    acceptFrames: request.acceptFrames,
    onOutcome: (item: Parameters<typeof batchLine>[0], outcome: Parameters<typeof batchLine>[1]) => {
      unanswered.note(item, outcome);
      const line = request.outputOnly ? outputLine(outcome) : batchLine(item, outcome);
      if (line === undefined || io.stdout.write(`${line}\n`)) return undefined;
      // The next task is not begun before somebody has read this far; whoever wants to end does not wait for that.
      return roomToShow();
    },
    onDuplicate: (item: Parameters<typeof batchLine>[0]) =>
      talk.warn(
        `a second answer to line ${item.line} (${disarmLine(item.id)}): the work was done twice; see 'heddle-ts status'`,
      ),
    onDeaf: (problem: string) => talk.warn(`refusals by the router cannot be heard: ${problem}`),
  };
}

async function linesOf(
  session: Session,
  request: SubmitRequest,
  worker: NamedWorker | undefined,
): Promise<AsyncIterable<readonly Line[]>> {
  if (request.jsonl !== undefined) {
    return readLines(await streamInput({ name: request.jsonl, flag: '--jsonl' }, session.io, session.stop));
  }
  const payload = await readPayloadOf(request, session.io, session.stop);
  refuseWrongPayload(worker, request, payload);
  return repeated(payload.text ?? JSON.stringify(payload.value), request.count ?? 1);
}

const BLOCK = 500;

async function* repeated(text: string, count: number): AsyncGenerator<Line[]> {
  for (let from = 0; from < count; from += BLOCK) {
    const length = Math.min(BLOCK, count - from);
    yield Array.from({ length }, (_, index) => ({ number: from + index + 1, text }));
  }
}

async function openJournal(session: Session, request: SubmitRequest): Promise<Journal | undefined> {
  if (request.journal === undefined) return undefined;
  const { Journal } = await import('../../submit/batch/journal.ts');
  const rule: SkipRule = request.waitMs === undefined ? 'sent' : request.retryFailed ? 'completed' : 'answered';
  const journal = await Journal.open(resolve(session.io.cwd, request.journal), rule, session.io.clock);
  // For what fails before the batch begins.
  session.atEnd(() => journal.close());
  return journal;
}
