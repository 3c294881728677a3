import type { Prepared } from '../../delivery/prepared.ts';
import type { Receipt } from '../../delivery/receipt.ts';
import { type MissingPart, nobodyListens, partFor } from '../../submit/missing.ts';
import type { Warning } from '../../submit/verify.ts';
import { typeKeptIn } from '../../topology/kept.ts';
import type { Transport } from '../../transport/transport.ts';
import { adviceText, withAdvice } from '../remedies.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';
import type { SubmitRequest } from './flags.ts';
import type { MessageRenderer, SubmitWriter } from './show/renderer.ts';

/** One message on its way, with everything that the steps need. */
export interface Job {
  readonly session: Session;
  readonly request: SubmitRequest;
  readonly prepared: Prepared;
  readonly show: SubmitWriter;
  readonly renderer: MessageRenderer;
  readonly transport: Transport;
}

/** The map is asked only when the server did not already say that nobody listens. */
export async function verified(
  job: Job,
  receipt: Receipt,
): Promise<{ receipt: Receipt; onlyWatchers: readonly string[] }> {
  const { session, request, prepared, transport } = job;
  if (!request.verify || receipt.heard === 'no') return { receipt, onlyWatchers: [] };
  const [{ readTopology }, { readHttpWorkers }, { verifyHeard }] = await Promise.all([
    import('../../topology/read-topology.ts'),
    import('../../topology/read-http-workers.ts'),
    import('../../submit/verify.ts'),
  ]);
  const asking = { signal: session.stop, clock: session.io.clock };
  const map = await readTopology(transport, asking);
  const http = map.known ? await readHttpWorkers(transport, map, asking) : undefined;
  const { heard, onlyWatchers, warnings } = verifyHeard(
    prepared,
    { heard: receipt.heard, storedBy: receipt.stored_by },
    map,
    http,
  );
  for (const warning of warnings) session.talk.warn(warningText(warning));
  return { receipt: { ...receipt, heard }, onlyWatchers };
}

function warningText(warning: Warning): string {
  const advice = adviceText(warning);
  return advice === undefined ? warning.message : `${warning.message} ${advice}`;
}

export function showReceipt({ session, request, renderer }: Job, receipt: Receipt): void {
  // stdout belongs to the output alone then.
  if (request.outputOnly)
    session.talk.info(`sent ${disarmLine(receipt.task_id ?? receipt.goal_id ?? '')} to ${receipt.subject}`);
  else renderer.receipt(receipt);
}

/** A stream has it, and that is all that is known. */
export function tellStored({ session, prepared }: Job, { heard, stored_by: stream }: Receipt): void {
  if (stream === undefined || heard !== 'unknown') return;
  session.talk.warn(storedInWords('', [disarmLine(stream)], partFor(prepared).part));
}

/** `count`: how many, with a space, or nothing of a single one. */
export function storedInWords(count: string, streams: readonly string[], part: MissingPart['part']): string {
  const names = streams.map((name) => `"${name}"`).join(', ');
  if (streams.every((name) => typeKeptIn(name) !== undefined)) {
    return `${count}stored by stream ${names}, for workers over HTTP: a gateway in mode durable hands out what is there when they ask`;
  }
  return withAdvice({
    message: `${count}stored by stream ${names}, not heard by a listener as far as the server says`,
    hint: `A stream works on nothing: a ${part} must listen besides.`,
    remedy: { do: 'narrow-stream', stream: streams[0] ?? '' },
  });
}

export function refuseUnheard(
  { session, request, prepared }: Job,
  receipt: Receipt,
  onlyWatchers: readonly string[],
): void {
  if (receipt.heard !== 'no' && onlyWatchers.length === 0) return;
  const { stored_by: stream } = receipt;
  const fate = stream === undefined ? 'is lost' : `stored by stream "${disarmLine(stream)}"`;
  const lost = `the ${prepared.kind} was published and ${fate}`;
  const who = onlyWatchers.length === 0 ? '' : `; only watchers heard it: ${onlyWatchers.join(', ')}`;
  const error = nobodyListens(partFor(prepared), lost + who);
  if (!request.allowUnheard) throw error;
  session.talk.warn(error.message);
}
