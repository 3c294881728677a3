import type { Readable } from 'node:stream';
import { subjectMatches } from '../../contract/subject-grammar.ts';
import { HeddleError } from '../../errors.ts';
import { replay } from '../../tail/replay.ts';
import type { Tail } from '../../tail/tail.ts';
import type { Clock } from '../../time/clock.ts';
import { openInput } from '../read-input.ts';
import type { Session } from '../session.ts';
import type { TailRequest } from './request.ts';

/** What is read at a time, and what is made of it leaves together. */
const PIECE = 256 * 1024;

/** Feeds a tail from the files that `--from` names, one after the other, and ends it when all are read. */
export async function replayFiles(
  session: Session,
  request: TailRequest,
  tail: Tail,
  clock: Clock,
): Promise<{ stop(): void }> {
  // All are opened before the first is shown: a name with a slip in it must not be found half an hour later.
  const inputs: { name: string; input: Readable }[] = [];
  for (const name of request.from) {
    inputs.push({ name, input: await openInput({ name, flag: '--from' }, session.io, session.stop, PIECE) });
  }
  const { allSubjects, patterns } = request;
  const wanted = allSubjects
    ? undefined
    : (subject: string): boolean => patterns.some((pattern) => subjectMatches(pattern, subject));
  const run = async (): Promise<void> => {
    for (const { name, input } of inputs) await replay(input, { name, tail, clock, wanted });
    tail.stop('end_of_input');
  };
  run().catch((error: unknown) => {
    tail.fail(
      error instanceof Error && 'code' in error && !(error instanceof HeddleError)
        ? new HeddleError('input_unreadable', `the recording cannot be read: ${error.message}`, { cause: error })
        : error,
    );
  });
  return {
    stop: () => {
      for (const { input } of inputs) input.destroy();
    },
  };
}
