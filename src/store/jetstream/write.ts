import { type ApiError, JetStreamApiError } from '@nats-io/jetstream';
import type { Transport } from '../../transport/transport.ts';

const TIMEOUT_MS = 5_000;

/** The server says so itself when the revision is another one. */
const EXPECTED = 'Nats-Expected-Last-Subject-Sequence';

/**
 * One value, in one message and with one answer, without what the packages make around it: that costs several times as much as the
 * message. Tells the revision; throws the error of the packages where the server refuses, and ours where nobody answers.
 */
export async function write(
  bus: Transport,
  subject: string,
  value: Uint8Array | string,
  expected?: number,
): Promise<number> {
  const headers = expected === undefined ? undefined : { [EXPECTED]: String(expected) };
  const { data } = await bus.request(subject, value, { timeoutMs: TIMEOUT_MS, headers });
  const { seq, error } = JSON.parse(UTF8.decode(data)) as { readonly seq?: unknown; readonly error?: ApiError };
  if (error !== undefined) throw new JetStreamApiError(error);
  if (typeof seq !== 'number') throw new TypeError('an acknowledgement without a sequence');
  return seq;
}

const UTF8 = new TextDecoder();
