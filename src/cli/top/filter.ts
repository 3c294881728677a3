import type { JsonObject } from '../../contract/json.ts';
import type { DecodedMessage } from '../../contract/read-message.ts';
import { HeddleError } from '../../errors.ts';
import { closest } from '../../suggest.ts';
import { type Candidate, readCondition, readConditionOf } from '../../tail/condition.ts';
import { factsOf } from '../../tail/facts.ts';
import { createFilter, type Filter } from '../../tail/filter.ts';
import { compilePattern } from '../../tail/pattern.ts';
import { PLACES } from '../../tail/slips.ts';
import { createGuard } from '../../time/guard.ts';
import type { FilterAsked } from './screen.ts';

/** A filter that was typed: as it is asked, and as the commands for scripts take it. */
export interface TypedFilter extends FilterAsked {
  readonly filter: Filter | undefined;
}

/**
 * What somebody typed behind `/`, read as `--where` reads it. `places`: what can be asked here; of messages that is anything. A word
 * that is no comparison and names no place finds text, whatever its case. Throws `usage` in words.
 */
export function readFilter(written: string, places: readonly string[] | undefined, called: string): TypedFilter {
  const known = places ?? PLACES;
  if (!/[=!~<>]/.test(written) && !known.includes(/^[^.[]*/.exec(written)?.[0] ?? '')) {
    const pattern = compilePattern(`/${written.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}/i`, called);
    return { written, text: true, filter: createFilter({ grep: [pattern] }, createGuard) };
  }
  const condition =
    places === undefined
      ? readCondition(written, called)
      : readConditionOf(written, called, refuseUnknown(places, called));
  return { written, text: false, filter: createFilter({ where: [condition] }, createGuard) };
}

function refuseUnknown(places: readonly string[], called: string): Parameters<typeof readConditionOf>[2] {
  return (_written, [first]) => {
    if (places.includes(String(first))) return;
    const [meant] = closest(String(first), places);
    throw new HeddleError('usage', `${called}: no row here has a "${first}"`, {
      hint: meant === undefined ? `Rows have ${places.join(', ')}.` : `Did you mean "${meant}"?`,
    });
  };
}

const NOTHING = new Uint8Array(0);

/** A row, as a filter looks at it: its fields are the message. */
export function candidateOf(fields: JsonObject): Candidate {
  // What is not known is not there to be found.
  const told = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  const decoded: DecodedMessage = {
    kind: 'unknown',
    generation: 'none',
    reason: 'not_this_message',
    detail: '',
    issues: [],
    value: Object.fromEntries(told),
    text: told.map(([, value]) => String(value)).join(' '),
  };
  return { subject: '', bytes: NOTHING, decoded, facts: factsOf('', decoded) };
}
