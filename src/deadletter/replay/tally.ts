/** What became of one letter of a replay. */
export type ItemOutcome =
  /** It arrived; `heard` says what is known of who was there. */
  | 'sent'
  /** By this operation, before it was resumed. */
  | 'done'
  /** Followed to a good result. */
  | 'completed'
  /** Followed to its next failure, which is a letter of its own. */
  | 'failed_again'
  /** Nobody answered in the time given. */
  | 'unanswered'
  /** Nobody listened: it is as if it had not been sent. */
  | 'unheard'
  /** Sent by somebody else since it was selected. */
  | 'already'
  /** Somebody else is about to send it. */
  | 'taken'
  /** Nobody can know whether it was sent. */
  | 'uncertain'
  /** Put away by somebody since it was selected. */
  | 'archived'
  /** It cannot be sent. */
  | 'unsendable'
  /** Kept no more. */
  | 'gone';

export const OUTCOMES = [
  'sent',
  'done',
  'completed',
  'failed_again',
  'unanswered',
  'unheard',
  'already',
  'taken',
  'uncertain',
  'archived',
  'unsendable',
  'gone',
] as const satisfies readonly ItemOutcome[];

export interface ItemNews {
  readonly id: string;
  readonly outcome: ItemOutcome;
  /** Why, or how it failed. */
  readonly detail: string | undefined;
}

/** The sums of a replay: each letter of the selection is in one of them, or in what is left. */
export interface Tally {
  readonly counts: Record<ItemOutcome, number>;
  /** Of those that were sent: only a stream took them, as far as the server says. */
  stored: number;
  /** Of those that were sent: whether anybody listened, the server did not tell. */
  unknown: number;
}

export function emptyTally(): Tally {
  const counts = Object.fromEntries(OUTCOMES.map((each) => [each, 0])) as Record<ItemOutcome, number>;
  return { counts, stored: 0, unknown: 0 };
}

export function totalOf({ counts }: Tally): number {
  return OUTCOMES.reduce((sum, each) => sum + counts[each], 0);
}
