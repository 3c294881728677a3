import type { Home } from '../../letters/home.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import type { How } from './outgoing.ts';
import type { Row } from './selection.ts';
import type { ItemNews, Tally } from './tally.ts';

/** What a run of a replay goes by, and who hears what becomes of its letters. */
export interface RunOptions {
  readonly home: Home;
  readonly bus: Transport;
  readonly clock: Clock;
  readonly operation: string;
  readonly rows: readonly Row[];
  readonly how: How;
  /** When the next may leave: see delivery. */
  readonly pace: { take(wanted: number, signal: AbortSignal): Promise<number> };
  /** Under way at once. */
  readonly concurrency: number;
  /** Each is followed to its answer for so long; undefined: nobody waits. */
  readonly waitMs: number | undefined;
  readonly resendUncertain: boolean;
  /** What the clock of whoever keeps the letters is ahead of ours. */
  readonly skewMs: number;
  /** How long a connection may stay away. */
  readonly patienceMs: number;
  /** Nothing more leaves; what is under way is seen through. */
  readonly signal: AbortSignal;
  readonly tally: Tally;
  readonly onItem: (news: ItemNews) => void;
}
