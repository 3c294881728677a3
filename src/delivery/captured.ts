import type { HeddleError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';

/**
 * Does a JetStream stream take what is published on a subject? `silent`: one does, and was waited for in vain. `not_told`:
 * this user may not ask.
 */
export type Captured = 'yes' | 'silent' | 'no' | 'not_told';

/** What JetStream is asked with; to be refused it is no failure of what was sent besides. */
export const JETSTREAM_API = '$JS.API.';

/** A server that has so much to do is late with acknowledgements, too. */
const ANSWER_MS = 2_000;

/** Is there any use in asking? JetStream runs in this server, or may run in another one of its cluster. */
export function mayCapture({ info }: Transport): boolean {
  return info.jetstream || (info.cluster !== undefined && info.can.jetstream);
}

/**
 * Asked in one message and without JetStream's own packages, because a single task from a shell waits for it. Never rejects.
 * `pattern`: a subject, or all of several.
 */
export async function capturedByStreams(transport: Transport, pattern: string): Promise<Captured> {
  try {
    const names = await askNames(transport, pattern);
    return names === undefined ? 'not_told' : names.length > 0 ? 'yes' : 'no';
  } catch (thrown) {
    const { code } = thrown as HeddleError;
    // Nobody there who keeps anything for this account.
    if (code === 'nobody_listens') return 'no';
    return code === 'timeout' ? 'yes' : 'not_told';
  }
}

/** The same by their names; undefined: not told. Never rejects. */
export async function streamsTaking(transport: Transport, pattern: string): Promise<readonly string[] | undefined> {
  if (!mayCapture(transport)) return [];
  try {
    return await askNames(transport, pattern);
  } catch (thrown) {
    return (thrown as HeddleError).code === 'nobody_listens' ? [] : undefined;
  }
}

/** undefined: the answer tells nothing. */
async function askNames(transport: Transport, pattern: string): Promise<readonly string[] | undefined> {
  const question = JSON.stringify({ subject: pattern });
  const { data } = await transport.request(`${JETSTREAM_API}STREAM.NAMES`, question, { timeoutMs: ANSWER_MS });
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { error, streams } = answer as Readonly<Record<string, unknown>>;
  // JetStream is there and not for this account: it keeps nothing of it.
  if (typeof error === 'object' && error !== null) return 'code' in error && error.code === 503 ? [] : undefined;
  return Array.isArray(streams) ? streams.filter((each) => typeof each === 'string') : [];
}

/** Of an acknowledgement, after the server's pong, beyond what another round trip takes. */
const LATE_MS: { readonly [C in Captured]: number } = {
  // It will come, unless the stream gives none. One with replicas, or with much to do, takes its time.
  yes: 2_000,
  silent: 100,
  not_told: 100,
  // Streams behind a leaf node are not among those that are named.
  no: 10,
};

/** How long an acknowledgement may still be on its way. */
export function ackGraceMs({ info }: Transport, captured: Captured, roundTripMs: number): number {
  if (captured === 'no' && !info.jetstream) return 0;
  return Math.max(LATE_MS[captured], 2 * roundTripMs);
}
