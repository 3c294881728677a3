import { skipSpace, stringEnd } from './json-text.ts';

/** Where one member of an object stands in the original text. Offsets are characters; `end` is one past the value. */
export interface Member {
  readonly key: string;
  /** The opening quote of the key. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/**
 * The members of the object that opens at `at` (spaces before it allowed), in their order in the text, duplicates
 * included. For a text that was parsed before: it finds places, it does not judge. On anything else it gives up
 * (undefined) or returns nonsense, but always ends, and uses no stack for nesting.
 */
export function scanMembers(text: string, at = 0): Member[] | undefined {
  const members: Member[] = [];
  const isWhole = visitMembers(text, at, (key, start, valueStart, end) => {
    members.push({ key, start, valueStart, end });
  });
  return isWhole ? members : undefined;
}

/** The member a reader sees under `key`: the last one, as in Python and JavaScript. */
export function findMember(text: string, key: string, at = 0): Member | undefined {
  let found: Member | undefined;
  const isWhole = visitMembers(text, at, (each, start, valueStart, end) => {
    if (each === key) found = { key, start, valueStart, end };
  });
  return isWhole ? found : undefined;
}

/** False where it gave up. */
function visitMembers(
  text: string,
  at: number,
  visit: (key: string, start: number, valueStart: number, end: number) => void,
): boolean {
  let place = skipSpace(text, at);
  if (text.charCodeAt(place) !== OPEN_BRACE) return false;
  place = skipSpace(text, place + 1);
  if (text.charCodeAt(place) === CLOSE_BRACE) return true;
  for (;;) {
    if (text.charCodeAt(place) !== QUOTE) return false;
    const start = place;
    const keyEnd = stringEnd(text, start);
    if (keyEnd < 0) return false;
    const colon = skipSpace(text, keyEnd);
    if (text.charCodeAt(colon) !== COLON) return false;
    const valueStart = skipSpace(text, colon + 1);
    const end = valueEnd(text, valueStart);
    if (end <= valueStart) return false;
    const key = keyText(text, start, keyEnd);
    if (key === undefined) return false;
    visit(key, start, valueStart, end);
    place = skipSpace(text, end);
    const next = text.charCodeAt(place);
    if (next === CLOSE_BRACE) return true;
    if (next !== COMMA) return false;
    place = skipSpace(text, place + 1);
  }
}

/** The exact text of one value: numbers keep every digit, `1.0` stays `1.0`. */
export function rawValue(text: string, key: string, at = 0): string | undefined {
  const member = findMember(text, key, at);
  return member === undefined ? undefined : text.slice(member.valueStart, member.end);
}

/** The same for an item of a list. */
export function rawItem(text: string, index: number, at = 0): string | undefined {
  let passed = 0;
  for (const { start, end } of scanItems(text, at)) if (passed++ === index) return text.slice(start, end);
  return undefined;
}

/** Where each item of the list that opens at `at` stands; none where no list does. */
export function* scanItems(text: string, at = 0): Generator<{ readonly start: number; readonly end: number }> {
  let place = skipSpace(text, at);
  if (text.charCodeAt(place) !== OPEN_BRACKET) return;
  place = skipSpace(text, place + 1);
  while (text.charCodeAt(place) !== CLOSE_BRACKET) {
    const end = valueEnd(text, place);
    if (end <= place) return;
    yield { start: place, end };
    place = skipSpace(text, end);
    if (text.charCodeAt(place) !== COMMA) return;
    place = skipSpace(text, place + 1);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return containerEnd(text, at);
  for (let place = at; ; place += 1) {
    const code = text.charCodeAt(place);
    const ends = code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || code <= 0x20 || Number.isNaN(code);
    if (ends) return place;
  }
}

function containerEnd(text: string, at: number): number {
  let depth = 0;
  for (let place = at; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) {
      place = stringEnd(text, place) - 1;
      if (place < 0) return -1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return place + 1;
    }
  }
  return -1;
}

function keyText(text: string, start: number, end: number): string | undefined {
  const plain = text.slice(start + 1, end - 1);
  if (!plain.includes('\\')) return plain;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return undefined;
  }
}
