import { decodeMessage } from '../../src/contract/read-message.ts';
import { factsOf } from '../../src/tail/facts.ts';
import type { Output } from '../../src/tail/options.ts';
import type { MessageRecord, TailRecord } from '../../src/tail/record.ts';

export const RESULTS = 'heddle.results.default';

export function result(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ task_id: 't1', worker_type: 'echo', status: 'completed', ...fields });
}

export function task(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ task_id: 't1', worker_type: 'echo', payload: {}, ...fields });
}

/** A message as the tail makes one. */
export function recordOf(
  message: string | Uint8Array,
  { subject = RESULTS, at = 0, ...notes }: Partial<MessageRecord> & { at?: number } = {},
): MessageRecord {
  const bytes = typeof message === 'string' ? Buffer.from(message) : message;
  const decoded = decodeMessage(subject, bytes);
  const facts = factsOf(subject, decoded);
  return {
    record: 'message',
    subject,
    receivedAt: at,
    bytes,
    decoded,
    facts,
    pair: undefined,
    lint: undefined,
    undecided: false,
    ...notes,
  };
}

/** An output that takes only what it is told to. */
export class FakeOutput implements Output {
  readonly records: TailRecord[] = [];
  /** Texts of the messages, copied while they may be looked at. */
  readonly texts: string[] = [];
  room = Number.POSITIVE_INFINITY;
  #wake = (): void => {};

  write(record: TailRecord): void {
    this.room -= 1;
    this.records.push(record);
    this.texts.push(record.record === 'message' ? Buffer.from(record.bytes).toString() : record.record);
  }

  hasRoom(): boolean {
    return this.room > 0;
  }

  whenRoom(): Promise<void> {
    if (this.hasRoom()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  give(room: number): void {
    this.room = room;
    this.#wake();
  }
}
