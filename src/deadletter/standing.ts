/** What was done with a letter, and how often its work came back. */
export interface Standing {
  /** `open`: nothing, or it came to nothing. `sending`: somebody is about to. `sent`: hidden, until the work fails again. */
  readonly state: LetterState;
  /** How often this work had been sent again before it failed like this. */
  readonly returns: number;
  /** When it was last sent again, in milliseconds since 1970. */
  readonly sentAt: number | undefined;
  /** The operation that did it. */
  readonly operation: string | undefined;
}

export const LETTER_STATES = ['open', 'sending', 'uncertain', 'sent', 'archived'] as const;
export type LetterState = (typeof LETTER_STATES)[number];
