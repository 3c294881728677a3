import { writeEnvelope } from '../../tail/envelope.ts';
import type { Output } from '../../tail/options.ts';
import type { RecordFile } from '../../tail/record-file.ts';
import type { Session } from '../session.ts';
import { LineGatherer } from './lines.ts';
import type { TailRenderer } from './show/renderer.ts';

/**
 * What may be on its way: what one turn of the event loop makes, once more while it is written. Beyond it, messages wait
 * in the buffer, where they can be counted.
 */
const AHEAD = 8 * 1024 * 1024;

/** stdout, and the recording beside it. Both must have room: what is shown is recorded. */
export function outputOf(session: Session, renderer: TailRenderer, record: RecordFile | undefined): Output {
  const { stdout } = session.io;
  const lines = new LineGatherer(stdout);
  const stdoutHasRoom = (): boolean => stdout.broken || stdout.queued + lines.length < AHEAD;
  return {
    envelopesOnly: !renderer.looksInside,
    write: (each) => {
      renderer.write(each, lines);
      if (record !== undefined) writeEnvelope(each, record);
    },
    flush: () => lines.flush(),
    hasRoom: () => stdoutHasRoom() && (record === undefined || record.hasRoom()),
    whenRoom: async () => {
      lines.flush();
      // Half of it, so that there is something to write while the next is made.
      if (!stdoutHasRoom()) await stdout.drained(AHEAD / 2);
      await record?.whenRoom();
    },
  };
}
