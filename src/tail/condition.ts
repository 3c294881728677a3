import type { DecodedMessage } from '../contract/read-message.ts';
import { HeddleError } from '../errors.ts';
import { type Path, readPath, textAt, valueAt } from './path.ts';
import { compilePattern } from './pattern.ts';
import type { MessageRecord } from './record.ts';
import { refuseSlip } from './slips.ts';

export type Candidate = Pick<MessageRecord, 'subject' | 'decoded' | 'facts' | 'bytes'>;

/** `path op value`, as `--where` and `--until` take it. */
export interface Condition {
  readonly written: string;
  readonly path: Path;
  readonly op: '=' | '!=' | '~' | '!~' | '>' | '<' | '>=' | '<=' | 'present';
  readonly value: string;
  /** The value as a number, when it is one. */
  readonly number: number | undefined;
  /** Set for `~` and `!~`: runs a pattern of the user's, so it belongs under the guard. */
  readonly pattern: RegExp | undefined;
}

/** Longest first, so that `!=` is not read as something else; `==` is what programmers write for `=`. */
const OPS = ['!=', '!~', '>=', '<=', '==', '=', '~', '>', '<'] as const;
const HINT = 'Write path=value, !=, ~regex, !~regex, >, <, >= or <=: status=failed, output.score>0.5, error~timeout';

/** A condition as people write it (`payload.n>=5`). Throws `usage`, with `flag` for the place it was written at. */
export function readCondition(written: string, flag: string): Condition {
  return readConditionOf(written, flag, refuseSlip);
}

/** The same of something that is no message: `refuse` looks for slips in the names of its places. */
export function readConditionOf(written: string, flag: string, refuse: typeof refuseSlip): Condition {
  const shown = JSON.stringify(written.slice(0, 120));
  const read = readPath(written);
  if (read === undefined)
    throw new HeddleError('usage', `${flag}: ${shown} names no place in a message`, { hint: HINT });
  const rest = read.rest.trimStart();
  const { path } = read;
  if (rest === '') {
    refuse(written, path, flag);
    return { written, path, op: 'present', value: '', number: undefined, pattern: undefined };
  }
  const sign = OPS.find((each) => rest.startsWith(each));
  if (sign === undefined) throw new HeddleError('usage', `${flag}: ${shown} holds no comparison`, { hint: HINT });
  const op = sign === '==' ? '=' : sign;
  const value = rest.slice(sign.length).trim();
  if ((op === '>' || op === '<' || op === '>=' || op === '<=') && value === '') {
    throw new HeddleError('usage', `${flag}: ${shown} compares with nothing`, { hint: HINT });
  }
  refuse(written, path, flag, op === '=' || op === '!=' ? value : undefined, op);
  const pattern = op === '~' || op === '!~' ? compilePattern(value, flag) : undefined;
  const number = NUMBER.test(value) ? Number(value) : undefined;
  return { written, path, op, value, number, pattern };
}

/** Matching looks at this much of a value and no more, so that no message can stall the tail. */
export const LOOK = 64 * 1024;

/**
 * A place that is missing never equals, is never greater or less, matches no pattern; `!=` and `!~` hold for it. Numbers are
 * compared as numbers when both sides are, text by code units otherwise (which is the order of ISO times, too).
 */
export function holds(condition: Condition, candidate: Candidate): boolean {
  const { op } = condition;
  const found = lookUp(candidate, condition.path);
  if (found === undefined) return op === '!=' || op === '!~';
  switch (op) {
    case 'present':
      return true;
    case '=':
      return equals(found, condition, candidate.decoded);
    case '!=':
      return !equals(found, condition, candidate.decoded);
    case '~':
      return matches(condition.pattern, found);
    case '!~':
      return !matches(condition.pattern, found);
    default: {
      const order = compare(found, condition);
      if (order === undefined) return false;
      if (op === '>') return order > 0;
      if (op === '<') return order < 0;
      return op === '>=' ? order >= 0 : order <= 0;
    }
  }
}

export function holdsAny(conditions: readonly Condition[], candidate: Candidate): boolean {
  return conditions.some((condition) => holds(condition, candidate));
}

/** In the names of generation B first, then as it came, then what the tail itself knows of it. */
function lookUp(candidate: Candidate, path: Path): unknown {
  const { decoded } = candidate;
  const seen = decoded.kind === 'unknown' ? undefined : valueAt(decoded.view, path);
  if (seen !== undefined) return seen;
  const came = valueAt(decoded.value, path);
  if (came !== undefined || path.length > 1) return came;
  switch (path[0]) {
    case 'kind':
      return decoded.kind;
    case 'generation':
      return decoded.generation;
    case 'subject':
      return candidate.subject;
    case 'size':
      return candidate.bytes.length;
    case 'worker':
      return candidate.facts.worker;
    case 'tier':
      return candidate.facts.tier;
    case 'goal':
      return candidate.facts.goal;
    default:
      return undefined;
  }
}

const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BIG = /^-?\d{16,}$/;

function equals(found: unknown, { value, number, path }: Condition, decoded: DecodedMessage): boolean {
  if (typeof found === 'string') return found === value;
  if (typeof found === 'number') {
    if (found !== number) return false;
    // Beyond 2^53 neighbours look alike once they are read; their digits do not.
    if (!BIG.test(value) || decoded.text === undefined) return true;
    const digits = textAt(decoded.text, path);
    return digits === undefined || !BIG.test(digits) || digits === value;
  }
  if (typeof found === 'boolean' || found === null) return String(found) === value;
  return false;
}

function compare(found: unknown, { value, number }: Condition): number | undefined {
  if (typeof found === 'number') return number === undefined ? undefined : found - number;
  if (typeof found !== 'string') return undefined;
  if (number !== undefined && NUMBER.test(found)) return Number(found) - number;
  return found < value ? -1 : found > value ? 1 : 0;
}

function matches(pattern: RegExp | undefined, found: unknown): boolean {
  if (pattern === undefined) return false;
  if (typeof found === 'string') return pattern.test(found.slice(0, LOOK));
  if (typeof found === 'object' && found !== null) return pattern.test(JSON.stringify(found).slice(0, LOOK));
  return pattern.test(String(found));
}
