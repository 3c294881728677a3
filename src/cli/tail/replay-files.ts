import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { subjectMatches } from '../../contract/subject-grammar.ts';
import { HeddleError } from '../../errors.ts';
import { replay } from '../../tail/replay.ts';
import type { Tail } from '../../tail/tail.ts';
import type { Clock } from '../../time/clock.ts';
import type { Session } from '../session.ts';
import type { TailRequest } from './request.ts';

/** Feeds a tail from the files that `--from` names, one after the other, and ends it when all are read. */
export async function replayFiles(
  session: Session,
  request: TailRequest,
  tail: Tail,
  inPlace: (path: string) => string,
  clock: Clock,
): Promise<{ stop(): void }> {
  // All are opened before the first is shown: a name with a slip in it must not be found half an hour later.
  const inputs: { name: string; input: Readable }[] = [];
  for (const name of request.from) {
    inputs.push({ name, input: name === '-' ? session.io.stdin() : await openFile(inPlace(name), name) });
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

async function openFile(path: string, name: string): Promise<Readable> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isDirectory()) {
      await file.close();
      throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
    }
    await file.close();
    return createReadStream(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new HeddleError('input_unreadable', `--from ${JSON.stringify(name)}: ${why}`, { cause });
  }
}
