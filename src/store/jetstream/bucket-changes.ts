import type { BucketChange } from '../bucket.ts';
import type { LeaderCopy } from './leader-copy.ts';
import type { Pull } from './pull.ts';

const OPERATION = 'KV-Operation';
const REASON = 'Nats-Marker-Reason';

export interface BucketView {
  /** Of the latest value of each key; not opened yet. */
  readonly pull: Pull;
  /** The highest revision that the bucket had at the beginning. */
  readonly last: number;
  /** Of whom to ask what the copy that is read has not got yet; undefined where that is of no matter. */
  readonly leader: LeaderCopy | undefined;
  readonly subject: string;
  readonly keyOf: (subject: string) => string;
  readonly signal: AbortSignal;
}

/** The values of a bucket, then `current`, then each change; each revision once. Nothing begins before it is iterated. */
export async function* bucketChanges(begin: () => Promise<BucketView>): AsyncGenerator<BucketChange> {
  const view = await begin();
  const { pull, last, keyOf, signal } = view;
  try {
    const { pending } = await pull.open();
    let told = 0;
    let isCurrent = false;
    if (pending === 0) {
      told = yield* rest(view, told);
      isCurrent = true;
    }
    for await (const { messages } of pull.messages(pending)) {
      for (const message of messages) {
        if (signal.aborted) return;
        const { streamSequence: revision, timestampNanos, pending: behind } = message.info;
        if (revision <= told) continue;
        told = revision;
        const key = keyOf(message.subject);
        if (!isDeleted(message.headers)) {
          yield { kind: 'put', key, value: message.data, revision, at: Math.floor(timestampNanos / 1e6) };
        } else if (isCurrent) yield { kind: 'deleted', key, revision };
        if (!isCurrent && (behind === 0 || revision >= last)) {
          told = yield* rest(view, told);
          isCurrent = true;
        }
      }
    }
  } finally {
    await pull.close();
  }
}

/** What the leader had besides all that the copy gave, then the word that this is all. Returns the last that was told. */
async function* rest(view: BucketView, toldBefore: number): AsyncGenerator<BucketChange, number> {
  const { leader, last, subject, keyOf, signal } = view;
  let told = toldBefore;
  for await (const item of leader?.between(told + 1, last, subject) ?? []) {
    if (item.kind === 'gap') continue;
    told = item.seq;
    const { seq: revision, at, data: value, headers, subject: of = '' } = item;
    const isGone = headers !== undefined && (OPERATION in headers || REASON in headers);
    if (!isGone) yield { kind: 'put', key: keyOf(of), value, revision, at };
  }
  if (!signal.aborted) yield { kind: 'current' };
  return told;
}

/** What stands in the place of a value that is no more. */
export function isDeleted(headers: { has(name: string): boolean } | undefined): boolean {
  return headers !== undefined && (headers.has(OPERATION) || headers.has(REASON));
}
