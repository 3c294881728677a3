import { placeOf, type RawNode, type RawPair, type RawScalar } from './raw-node.ts';

/** PyYAML gives up on a key whose colon is not within this many characters on one line. */
export const MAX_KEY = 1024;
const COLON = 58;

/** What PyYAML asks of a key without `?` and the parser does not: a text before the colon, on one line, not too long. */
export function keyFault(
  text: string,
  pair: RawPair,
  at: number,
  flow: boolean,
): { readonly offset: number; readonly message: string } | undefined {
  const key = pair.key as RawScalar | null;
  if (key === null) return undefined;
  const [start, end] = placeOf(key);
  if (start === end && key.source === '' && key.type === 'PLAIN' && !key.anchor && key.tag === undefined) {
    // The one pair of a list's item begins behind its question mark.
    if (isExplicit(text, flow ? 0 : at, start)) return undefined;
    return { offset: start, message: 'a key is missing before the colon' };
  }
  const line = text.indexOf('\n', start);
  const oneLine = line === -1 || line >= end;
  if (text.charCodeAt(end) === COLON && end - start <= MAX_KEY && !flow && oneLine) return undefined;
  if (pair.value === null) return undefined;
  const next = (pair.value as RawNode).range?.[0] ?? end;
  const colon = text.indexOf(':', end);
  if (colon === -1 || colon > next) return undefined;
  const long = colon - start > MAX_KEY;
  if (!((line !== -1 && line < colon) || long) || isExplicit(text, at, start)) return undefined;
  const message = long
    ? `a key may not be longer than ${MAX_KEY} characters`
    : 'a key and its colon must stand on one line';
  return { offset: start, message };
}

/** A `?` stands before the key. */
function isExplicit(text: string, from: number, to: number): boolean {
  return /(?:^|\s|[[{,])\?(?:\s+[&!]\S*)*\s*$/.test(text.slice(Math.max(from, to - MAX_KEY), to));
}
