import { type ApiError, JetStreamApiError } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { isHeddleError } from '../../errors.ts';
import type { Transport } from '../../transport/transport.ts';

const TIMEOUT_MS = 5_000;

/** The server says so itself when the revision is another one. */
const EXPECTED = 'Nats-Expected-Last-Subject-Sequence';

/** How a value is written, and when it is to be written by the package in place of the short way. */
export interface Writing {
  /** The revision that stands; 0: none. */
  readonly expected?: number | undefined;
  readonly again: (error: unknown) => boolean;
  readonly byPackage: (kv: KV) => Promise<number>;
}

/**
 * One value, in one message and with one answer, without what the packages make around it: that costs several times as much as the
 * message. Tells the revision; throws the error of the packages where the server refuses, and ours where nobody answers.
 */
export async function write(
  bus: Transport,
  { subject, value }: { readonly subject: string; readonly value: Uint8Array | string },
  { expected, again, byPackage }: Writing,
  open: () => Promise<KV>,
): Promise<number> {
  const headers = expected === undefined ? undefined : { [EXPECTED]: String(expected) };
  try {
    const { data } = await bus.request(subject, value, { timeoutMs: TIMEOUT_MS, headers });
    return revisionIn(data);
  } catch (error) {
    if (again(error)) return await byPackage(await open());
    throw error;
  }
}

/** A stream may be on its way to another leader: the packages ask again, a little later. */
export function isNobodyThere(error: unknown): boolean {
  return isHeddleError(error) && error.code === 'nobody_listens';
}

function revisionIn(data: Uint8Array): number {
  const { seq, error } = JSON.parse(UTF8.decode(data)) as { readonly seq?: unknown; readonly error?: ApiError };
  if (error !== undefined) throw new JetStreamApiError(error);
  if (typeof seq !== 'number') throw new TypeError('an acknowledgement without a sequence');
  return seq;
}

const UTF8 = new TextDecoder();
