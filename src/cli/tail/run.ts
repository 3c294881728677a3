import { isAbsolute, resolve as resolvePath } from 'node:path';
import { HeddleError } from '../../errors.ts';
import type { End } from '../../tail/ending.ts';
import { summaryDocument } from '../../tail/envelope.ts';
import { SHORTEST_PREFIX } from '../../tail/filter.ts';
import { Tail } from '../../tail/tail.ts';
import type { Clock } from '../../time/clock.ts';
import type { Guard } from '../../time/guard.ts';
import type { Transport } from '../../transport/transport.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { formatCount } from '../screen/count.ts';
import type { Session } from '../session.ts';
import { outputOf } from './output.ts';
import type { TailRequest } from './request.ts';
import type { MakeRenderer } from './show/renderer.ts';

/** The command `tail`: builds it of what was asked, runs it to its end, says how it ended. */
export async function runTail(session: Session, request: TailRequest, make: MakeRenderer): Promise<ExitCode> {
  session.io.stdout.useEventLoop();
  session.io.stderr.useEventLoop();
  warnShortIds(session, request);
  if (request.from.length > 0) return await run(session, request, make, undefined);
  // The server's answer takes longer than loading the rest; both at once.
  const giveUp = new AbortController();
  const connecting = session.connect({
    reconnect: true,
    pingIntervalMs: request.pingInterval,
    signal: AbortSignal.any([session.stop, giveUp.signal]),
  });
  connecting.catch(() => {});
  try {
    return await run(session, request, make, connecting);
  } catch (error) {
    // A connect that is under way would outlive the command.
    giveUp.abort();
    await connecting.then(
      (transport) => transport.close(),
      () => {},
    );
    throw error;
  }
}

/** A whole id may be as short as it likes; of the first characters of one it takes more. */
function warnShortIds({ talk }: Session, { task, parent, goal, request }: TailRequest): void {
  for (const [flag, ids] of Object.entries({ task, parent, goal, request })) {
    const short = ids?.find((id) => id.length < SHORTEST_PREFIX);
    if (short === undefined) continue;
    talk.warn(`--${flag} ${short} is taken for a whole id; the first characters of one are ${SHORTEST_PREFIX} or more`);
  }
}

async function run(
  session: Session,
  request: TailRequest,
  make: MakeRenderer,
  connecting: Promise<Transport> | undefined,
): Promise<ExitCode> {
  const inPlace = (path: string): string => (isAbsolute(path) ? path : resolvePath(session.io.cwd, path));
  const { clock } = session.io;
  const guard = request.guarded ? await loadGuard() : undefined;
  const renderer = await make(request, guard);
  const record = request.record === undefined ? undefined : await openRecord(session, request, inPlace);
  const tail = new Tail({
    output: outputOf(session, renderer, record),
    clock,
    filter: request.filter,
    ending: request.ending,
    bufferBytes: request.buffer,
    guard,
    pairing: request.pair ? new (await import('../../tail/pairing.ts')).Pairing(request.orphanAfter) : undefined,
    lint: request.lint ? await loadLint(request.config, inPlace) : undefined,
    statsEveryMs: request.stats,
    onStats: (figures) => void showFigures(session, figures),
  });

  session.atEnd(session.io.stdout.onBroken(() => tail.stop('reader_gone')));
  const interrupt = (): void => tail.stop('interrupted');
  session.stop.addEventListener('abort', interrupt, { once: true });
  session.atEnd(() => session.stop.removeEventListener('abort', interrupt));
  // Connected already, and the signal came while the file was opened or the format loaded.
  if (session.stop.aborted) interrupt();
  session.atEnd(session.io.onSignal('SIGUSR2', () => void showFigures(session, tail.figures)));
  void record?.failed.then((error) => tail.fail(error));

  const feed =
    connecting === undefined
      ? await feedFromFiles(session, request, tail, inPlace, clock)
      : await feedFromBus(session, request, tail, await connecting, clock);
  let end: End;
  try {
    end = await tail.done;
  } finally {
    feed.stop();
  }
  await record?.close();
  return await conclude(session, request, tail, end);
}

interface Feed {
  stop(): void;
}

async function feedFromBus(
  session: Session,
  request: TailRequest,
  tail: Tail,
  transport: Transport,
  clock: Clock,
): Promise<Feed> {
  const [{ follow }, { tellNews }] = await Promise.all([
    import('../../tail/follow.ts'),
    import('../connection-news.ts'),
  ]);
  session.atEnd(transport.onEvent(tellNews(session.talk)));
  void transport.closed.then((error) => {
    if (error !== undefined) tail.fail(error);
  });
  const { patterns, pingInterval: pingIntervalMs, ending, past } = request;
  const overlap = past ? new (await import('../../tail/catch-up.ts')).Overlap() : undefined;
  if (past) tail.pause();
  const live =
    past && !request.follow
      ? { stop: () => {} }
      : await follow(transport, tail, {
          patterns,
          clock,
          pingIntervalMs,
          endOnDisconnect: ending.failOnGap,
          alsoSee: overlap === undefined ? undefined : (subject, data) => overlap.saw(subject, data),
        });
  if (!past || request.follow) tail.start();
  session.talk.info(`following ${patterns.join(', ')} on ${transport.url}`);
  if (overlap === undefined) return live;
  const { readPast } = await import('./read-past.ts');
  void readPast(session, request, tail, transport, overlap, clock).catch((error: unknown) => tail.fail(error));
  return live;
}

async function feedFromFiles(
  session: Session,
  request: TailRequest,
  tail: Tail,
  inPlace: (path: string) => string,
  clock: Clock,
): Promise<Feed> {
  const { replayFiles } = await import('./replay-files.ts');
  const record = request.record && inPlace(request.record);
  if (record !== undefined && request.from.some((path) => path !== '-' && inPlace(path) === record)) {
    throw new HeddleError('usage', '--record names the file that --from reads', { hint: 'Record to another file.' });
  }
  tail.start();
  return replayFiles(session, request, tail, clock);
}

async function loadGuard(): Promise<() => Guard> {
  const { createGuard } = await import('../../time/guard.ts');
  let guard: Guard | undefined;
  return () => {
    guard ??= createGuard();
    return guard;
  };
}

async function loadLint(configs: readonly string[], inPlace: (path: string) => string) {
  const { createLint } = await import('../../tail/lint.ts');
  if (configs.length === 0) return createLint(new Map());
  const { loadWorkerSchemas } = await import('./worker-schemas.ts');
  return createLint(await loadWorkerSchemas(configs, inPlace));
}

async function openRecord(
  session: Session,
  { record, recordSize, recordKeep }: TailRequest,
  inPlace: (path: string) => string,
) {
  if (record === undefined) return undefined;
  const { RecordFile } = await import('../../tail/record-file.ts');
  const file = await RecordFile.open({
    path: inPlace(record),
    rotateBytes: recordSize,
    keep: recordKeep,
    clock: session.io.clock,
  });
  // When a failure keeps the run from its regular end.
  session.atEnd(() => file.close().catch(() => {}));
  return file;
}

async function showFigures(session: Session, figures: Tail['figures']): Promise<void> {
  const { summaryLines } = await import('./show/summary-text.ts');
  session.talk.info(summaryLines(figures).join('\n'));
}

async function conclude(session: Session, request: TailRequest, tail: Tail, end: End): Promise<ExitCode> {
  if (end.cause === 'reader_gone') return EXIT.ok;
  if (request.stats !== undefined && session.format === 'ndjson') {
    session.json(summaryDocument(tail.summary(true)));
  }
  if (!session.quiet) await showFigures(session, tail.figures);
  if (tail.dropped > 0) {
    const messages = `${formatCount(tail.dropped)} message${tail.dropped === 1 ? '' : 's'}`;
    session.talk.warn(`the output took nothing more after the signal: ${messages} that waited for it dropped`);
  }
  if (tail.unjudged > 0) {
    const messages = `${formatCount(tail.unjudged)} message${tail.unjudged === 1 ? '' : 's'}`;
    session.talk.warn(`patterns and schemas took too long after the signal: ${messages} that had come dropped`);
  }
  if (end.cause === 'interrupted' || tail.dropped + tail.unjudged > 0)
    return session.interruption() ?? EXIT.interrupted;
  if (end.answer === 'ok') return EXIT.ok;
  if (end.because !== undefined) session.talk.warn(`exit 1: ${end.because}`);
  return EXIT.no;
}
