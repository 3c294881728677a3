import type { Condition } from './condition.ts';
import type { MessageRecord } from './record.ts';

/** When a tail ends by itself, and with what answer. */
export interface EndingRules {
  /** Ends after this many messages. */
  readonly count?: number | undefined;
  /** Ends after this long. */
  readonly forMs?: number | undefined;
  /** Ends when this long no message was shown. */
  readonly idleMs?: number | undefined;
  /** Ends with the first message that matches one of them; ended by anything else, the answer is no. */
  readonly until?: readonly Condition[] | undefined;
  /** Fewer messages than this are a no. */
  readonly expect?: number | undefined;
  /** The first message of one of these sorts is a no, at once. */
  readonly failOn?: readonly FailWord[] | undefined;
  readonly failOnGap?: boolean | undefined;
}

/** Statuses of results, kinds of messages, and what `--lint` and `--pair` find. */
export const FAIL_WORDS = [
  'failed',
  'retry',
  'dead_letter',
  'unknown',
  'invalid',
  'duplicate',
  'late',
  'orphan',
] as const;
/** What can make the answer of a tail a no. */
export type FailWord = (typeof FAIL_WORDS)[number];

/** What ended a tail. */
export type EndCause =
  | 'count'
  | 'for'
  | 'idle'
  | 'until'
  | 'fail_on'
  | 'gap'
  | 'interrupted'
  | 'end_of_input'
  | 'reader_gone';

/** How a tail ended, and what that answers. */
export interface End {
  readonly cause: EndCause;
  readonly answer: 'ok' | 'no';
  /** Why the answer is no, in words. */
  readonly because: string | undefined;
}

/** Decides when a tail is over. Knows no clock: it is told the time, and says when to ask again. */
export class Ending {
  readonly #rules: EndingRules;
  #startedAt = 0;
  #lastShownAt = 0;
  #shown = 0;
  #reached = false;

  constructor(rules: EndingRules) {
    this.#rules = rules;
  }

  /** Whether `passed` needs to know the time. */
  get looksAtClock(): boolean {
    return this.#rules.idleMs !== undefined;
  }

  get shown(): number {
    return this.#shown;
  }

  start(now: number): void {
    this.#startedAt = now;
    this.#lastShownAt = now;
  }

  /** One message passed the filters. */
  passed(record: MessageRecord, now: number, matchesUntil: boolean): End | undefined {
    this.#shown += 1;
    this.#lastShownAt = now;
    const word = this.#failWordOf(record);
    if (word !== undefined) return no('fail_on', `a message is ${word}`);
    if (matchesUntil) {
      this.#reached = true;
      return this.end('until');
    }
    return this.#rules.count !== undefined && this.#shown >= this.#rules.count ? this.end('count') : undefined;
  }

  orphaned(): End | undefined {
    return this.#rules.failOn?.includes('orphan') ? no('fail_on', 'a task was orphaned') : undefined;
  }

  gap(reason: string): End | undefined {
    return this.#rules.failOnGap ? no('gap', `messages may have been missed (${reason})`) : undefined;
  }

  tick(now: number): End | undefined {
    const { forMs, idleMs } = this.#rules;
    if (forMs !== undefined && now - this.#startedAt >= forMs) return this.end('for');
    if (idleMs !== undefined && now - this.#lastShownAt >= idleMs) return this.end('idle');
    return undefined;
  }

  /** When `tick` can next say something. */
  nextTick(): number {
    const { forMs = Number.POSITIVE_INFINITY, idleMs = Number.POSITIVE_INFINITY } = this.#rules;
    return Math.min(this.#startedAt + forMs, this.#lastShownAt + idleMs);
  }

  /** It is over for this cause; what was expected decides the answer. */
  end(cause: EndCause): End {
    const { expect, until } = this.#rules;
    if (until !== undefined && until.length > 0 && !this.#reached) {
      return no(cause, `no message matched ${until.map(({ written }) => written).join(' or ')}`);
    }
    if (expect !== undefined && this.#shown < expect) {
      return no(cause, `${this.#shown} of ${expect} expected messages came`);
    }
    return { cause, answer: 'ok', because: undefined };
  }

  #failWordOf(record: MessageRecord): FailWord | undefined {
    const { failOn } = this.#rules;
    if (failOn === undefined || failOn.length === 0) return undefined;
    return failOn.find((word) => {
      switch (word) {
        case 'failed':
        case 'retry':
          return record.decoded.kind === 'result' && record.facts.status === word;
        case 'dead_letter':
        case 'unknown':
          return record.decoded.kind === word;
        case 'invalid':
          return record.lint !== undefined && !record.lint.valid;
        case 'duplicate':
          return (record.pair?.nth ?? 1) > 1;
        case 'late':
          return record.pair?.late === true;
        default:
          return false;
      }
    });
  }
}

function no(cause: EndCause, because: string): End {
  return { cause, answer: 'no', because };
}
