import { stringEnd } from './json-text.ts';

/**
 * JSON that is fine here but ends a Python actor that reads it: nesting near Python's recursion limit (1000, less what its
 * stack already holds), or an integer of more than 4300 digits. A router must not pass such a message on.
 */
export type PythonHazard = 'nesting' | 'integer';

/** Deeper than this is called a hazard; the limit met in Python lies a little above. */
export const SAFE_DEPTH = 900;
const SAFE_DIGITS = 4300;

/** Takes text that was parsed. Costs nothing for messages too short to hold a hazard. */
export function pythonHazard(text: string): PythonHazard | undefined {
  if (text.length <= 2 * SAFE_DEPTH) return undefined;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = stringEnd(text, at) - 1;
      if (at < 0) return undefined;
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > SAFE_DEPTH) return 'nesting';
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    } else if (code >= 0x30 && code <= 0x39) {
      const end = digitsEnd(text, at);
      const follows = text.charCodeAt(end);
      const isFloat = follows === 0x2e || follows === 0x65 || follows === 0x45;
      if (end - at > SAFE_DIGITS && !isFloat && !isFraction(text, at)) return 'integer';
      at = end - 1;
    }
  }
  return undefined;
}

function digitsEnd(text: string, at: number): number {
  let end = at;
  for (let code = text.charCodeAt(end); code >= 0x30 && code <= 0x39; code = text.charCodeAt(end)) end += 1;
  return end;
}

/** Digits behind a point or an exponent belong to a float, whose length is no danger. */
function isFraction(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const sign = before === 0x2b || before === 0x2d;
  const mark = sign ? text.charCodeAt(at - 2) : before;
  return mark === 0x2e || mark === 0x65 || mark === 0x45;
}
