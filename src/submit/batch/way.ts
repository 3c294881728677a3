import type { Window } from './departures.ts';
import type { SentItem } from './intake.ts';
import type { BadEnd } from './reasons.ts';

/** How the messages of a batch end: taken by the server, or answered. It counts what becomes of each. */
export interface Way {
  /** Are answers awaited? */
  readonly waits: boolean;
  /** May `lost` answer true? */
  readonly resends: boolean;
  /** How many more may be begun now. */
  readonly room: number;
  /** Is nothing awaited any more, besides confirmations? */
  readonly idle: boolean;
  /** It is to be published next. Gives the problem of one that cannot be. */
  begin(item: SentItem): string | undefined;
  /** Before the very first leaves: is all well that must be in place for its end to be seen? Throws what is not. */
  ready(): Promise<void>;
  leaving(item: SentItem): void;
  /** It was begun, and not published. */
  withdraw(item: SentItem): void;
  /** Nobody listened. */
  unheard(line: number): void;
  confirmed(window: Window): void;
  /** The connection broke before they were confirmed. True: they shall be sent again. */
  lost(window: Window): boolean;
  /** Nobody will ever know whether they arrived. */
  uncertain(window: Window): void;
  /** The batch is over: what is still awaited is counted as what it is, and nothing counts after that. */
  giveUp(): void;
  /** After the last end; second answers may still come. */
  afterwards(): Promise<void>;
  close(): void;
}

/** What a way may do with the batch that it is part of. */
export interface Desk {
  /** Something changed that the batch may wait for. */
  moved(): void;
  /** Ends the batch. */
  fail(thrown: unknown): void;
  uncertain(item: SentItem): void;
  unheard(item: SentItem): void;
  /** One that ended badly: how, and why in the words of whoever ended it. */
  because(outcome: BadEnd, reason: string): void;
}
