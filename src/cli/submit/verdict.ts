import { HeddleError } from '../../errors.ts';
import type { BatchEnd } from '../../submit/batch/batch.ts';
import type { Tally } from '../../submit/batch/tally.ts';
import { type MissingPart, nobodyListens } from '../../submit/missing.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Talk } from '../talk.ts';

/** The gravest thing that happened decides: the bus, then delivery, then time, then the answers. */
export function verdict(talk: Pick<Talk, 'warn'>, end: BatchEnd, tally: Tally, part: MissingPart): ExitCode {
  if (end.stopped === 'journal') throw unwritten(end, tally);
  if (end.error !== undefined) throw end.error;
  const unheard = nobodyListens(
    part,
    end.stopped === 'nobody_listens'
      ? `${tally.unheard} sent and lost, the rest was not sent`
      : `${tally.unheard} sent and lost`,
  );
  if (tally.uncertain > 0) {
    const also = end.stopped === 'nobody_listens' ? `; after that, ${unheard.message}` : '';
    throw new HeddleError(
      'connection_lost',
      `${tally.uncertain} messages may or may not have arrived: lines ${end.uncertain}${also}`,
      {
        hint: 'The connection broke before the server confirmed them. --resend-uncertain sends such messages again.',
      },
    );
  }
  if (end.stopped === 'nobody_listens') throw unheard;
  if (tally.unheard > 0) talk.warn(unheard.message);
  if (tally.dead_lettered > 0) return EXIT.undelivered;
  if (tally.timed_out > 0) return EXIT.timeout;
  const bad = tally.failed + tally.malformed + tally.malformed_results + tally.in_doubt;
  return bad > 0 ? EXIT.no : EXIT.ok;
}

/** What was sent is known; of what the journal lacks a rerun would not know it. */
function unwritten({ error, unwritten: lines }: BatchEnd, tally: Tally): HeddleError {
  const lacking = tally.unwritten === 0 ? '' : `; ${tally.unwritten} of them are not noted in it: lines ${lines}`;
  return new HeddleError('output_unwritable', `${error?.message}; ${tally.sent} sent${lacking}`, {
    hint: 'Make room and run it again with the same journal: it leaves out what it knows, and names what it is not sure of.',
    cause: error?.cause,
  });
}
