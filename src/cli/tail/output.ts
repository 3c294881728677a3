import { envelopeLine } from '../../tail/envelope.ts';
import type { RecordFile } from '../../tail/record-file.ts';
import type { Output } from '../../tail/tail.ts';
import type { TailRenderer } from '../output/tail/renderer.ts';
import type { Session } from '../session.ts';

/** Text leaves in pieces of this size: one piece costs as much as one line. */
const PIECE = 32 * 1024;
/** What may be on its way; beyond it, messages wait in the buffer, where they can be counted. */
const AHEAD = 2 * 1024 * 1024;

/** stdout, and the recording beside it. Both must have room: what is shown is recorded. */
export function outputOf(session: Session, render: TailRenderer, record: RecordFile | undefined): Output {
  const { stdout } = session.io;
  let text = '';
  const flush = (): void => {
    if (text === '') return;
    stdout.write(text);
    text = '';
  };
  const stdoutHasRoom = (): boolean => stdout.broken || stdout.queued + text.length < AHEAD;
  return {
    write: (each) => {
      text += render(each);
      if (text.length >= PIECE) flush();
      record?.write(envelopeLine(each));
    },
    flush,
    hasRoom: () => stdoutHasRoom() && (record === undefined || record.hasRoom()),
    whenRoom: async () => {
      flush();
      if (!stdoutHasRoom()) await stdout.drained();
      await record?.whenRoom();
    },
  };
}
