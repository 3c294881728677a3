import { hash } from 'node:crypto';
import type { Finding } from './judge.ts';

/**
 * What failures have in common when they have the same cause: kind, worker, place, and the reason with its values taken out. A short
 * text that an operator can type; the same for the same failure, whoever sees it and wherever it is kept.
 */
export function fingerprintOf({ kind, worker = '', place, reason }: Finding): string {
  const before = `${kind}\n${worker}\n${place}\n`;
  let known = KNOWN.get(before + reason);
  if (known === undefined) {
    const plain = plainReason(reason);
    known = KNOWN.get(before + plain) ?? printOf([kind, worker, place, plain]);
    remember(before + reason, known);
    remember(before + plain, known);
  }
  return known;
}

function printOf(parts: readonly string[]): string {
  const text = parts.map((part) => `${part.length}:${part}`).join('');
  return BigInt(`0x${hash('sha256', text, 'hex').slice(0, 16)}`)
    .toString(36)
    .padStart(13, '0')
    .slice(0, LENGTH);
}

function remember(key: string, print: string): void {
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  if (key.length <= LONGEST_KEY) KNOWN.set(key, print);
}

/** Thirty-six to the power of this: two of a thousand groups look alike once in four million buses. */
const LENGTH = 8;

/** Failures come in crowds with one reason, and taking it apart costs more than all the rest. */
const KNOWN = new Map<string, string>();
const MOST_KNOWN = 2000;
const LONGEST_KEY = 2000;

/** A reason without what differs from one task to the next. */
export function plainReason(reason: string): string {
  // Pydantic and tracebacks may quote whole messages; what a failure is stands in its beginning.
  const looked = reason.slice(0, LOOKED_AT);
  const named = NAMED.exec(looked.trim());
  if (named !== null) return named[0];
  let plain = withoutList(looked);
  for (const taken of VALUES) plain = taken(plain);
  return plain.replaceAll(/\s+/g, ' ').trim();
}

const LOOKED_AT = 2000;

/** Nothing but one quoted word: what Python says of a key that is not there. It is a name, and all there is. */
const NAMED = /^'[^'\s]{1,60}'$/;

/**
 * Quoted words after these are names that the failure is about, and stay: `missing required field 'text'`, `tier 'local'`,
 * `Stage 'summarise'`.
 */
const NAME_BEFORE = /(?:field|tier|stage|worker|column|key|attribute|module|argument|named?)\s*$/i;

/** Lists of problems come as Python writes lists: `["input: missing required field 'text'"]`. Their quotes enclose words, not values. */
function withoutList(reason: string): string {
  return reason.replace(/^([^[]*validation[^[]*)\[(.*)\]?$/is, (_all, head: string, list: string) => {
    const plain = list.replaceAll("\\'", '\u0000').replaceAll(/(^|, )["']|["'](?=, |\]?$)/g, '$1');
    return head + plain.replaceAll('\u0000', "'");
  });
}

const out =
  (pattern: RegExp, instead: string) =>
  (text: string): string =>
    text.replaceAll(pattern, instead);

/** What differs from one task to the next, in the order in which it is taken out. */
const VALUES: readonly ((text: string) => string)[] = [
  // Pydantic repeats the value that it did not like, of whatever length.
  out(/input_value=.*?(?=, input_type=|\]|$)/gs, 'input_value=…'),
  out(/https?:\/\/[^\s'")\]]+/g, '<url>'),
  out(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'),
  out(/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?/g, '<time>'),
  withoutQuoted,
  out(/(?:\/[\w.@~+-]+){2,}\/?|[A-Za-z]:\\[\w.\\-]+/g, '<path>'),
  out(/\b0x[0-9a-f]+\b/gi, '<n>'),
  out(/\b(?=[0-9a-z_-]*\d)[0-9a-f]{12,}\b/gi, '<id>'),
  out(/(?<![A-Za-z_])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?/gi, '<n>'),
];

const QUOTED = /\\?'((?:[^'\\]|\\[^'])*)\\?'|"((?:[^"\\]|\\.)*)"/g;

/** What is quoted is a value, unless the word before says that it is a name. */
function withoutQuoted(text: string): string {
  return text.replaceAll(QUOTED, (match, _single, _double, at: number) =>
    NAME_BEFORE.test(text.slice(Math.max(0, at - 20), at)) ? match : '<text>',
  );
}
