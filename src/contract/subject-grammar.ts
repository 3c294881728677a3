/**
 * What NATS takes as a subject. Stricter than the server in one point: control characters are refused everywhere, because a
 * subject travels in a line-based protocol and is shown to people.
 */

/** What we make up ourselves becomes one token of a subject: nothing that could add a token, a wildcard or a line. */
const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;

export function isSubjectToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * What others made up is carried wherever NATS can carry it, as Heddle does: with dots, which make several tokens of it, and
 * in letters of any script.
 */
export function isSubjectPart(text: string): boolean {
  return TOKEN.test(text) || (isSubject(text, false) && !HALF_PAIR.test(text) && byteLength(text) <= LONGEST_PART);
}

/** Half a surrogate pair, which no UTF-8 has. */
export const HALF_PAIR = /[\ud800-\udfff]/u;

/** In bytes. A server takes 4096 for a whole line of the protocol, and ends the connection of who sends more. */
export const LONGEST_PART = 1024;

function byteLength(text: string): number {
  return text.length * 3 <= LONGEST_PART ? text.length : new TextEncoder().encode(text).length;
}

/** No wildcards, no empty tokens, no white space. */
export function isPublishSubject(subject: string): boolean {
  return isSubject(subject, false);
}

/** As for publishing; besides, a whole token may be `*`, and the last one `>`. */
export function isSubscribePattern(pattern: string): boolean {
  return isSubject(pattern, true);
}

/** `*` stands for exactly one token, a final `>` for one or more. Both sides are taken as valid. */
export function subjectMatches(pattern: string, subject: string): boolean {
  let p = 0;
  let s = 0;
  for (;;) {
    const first = pattern.charCodeAt(p);
    const wild = p + 1 === pattern.length || pattern.charCodeAt(p + 1) === DOT;
    if (wild && first === FULL) return true;
    if (wild && first === STAR) {
      if (s >= subject.length) return false;
      p += 1;
      while (s < subject.length && subject.charCodeAt(s) !== DOT) s += 1;
    } else {
      while (p < pattern.length && pattern.charCodeAt(p) !== DOT) {
        if (s >= subject.length || pattern.charCodeAt(p) !== subject.charCodeAt(s)) return false;
        p += 1;
        s += 1;
      }
    }
    const patternEnds = p >= pattern.length;
    if (patternEnds || s >= subject.length) return patternEnds && s >= subject.length;
    if (subject.charCodeAt(s) !== DOT) return false;
    p += 1;
    s += 1;
  }
}

const STAR = 0x2a;
const DOT = 0x2e;
const FULL = 0x3e;

function isSubject(subject: string, wildcards: boolean): boolean {
  let tokenStart = 0;
  for (let at = 0; at <= subject.length; at += 1) {
    const code = at === subject.length ? DOT : subject.charCodeAt(at);
    if (code <= 0x20 || code === 0x7f) return false;
    if (code !== DOT) continue;
    if (at === tokenStart) return false;
    if (at === tokenStart + 1) {
      const only = subject.charCodeAt(tokenStart);
      if (only === STAR && !wildcards) return false;
      if (only === FULL && !(wildcards && at === subject.length)) return false;
    }
    tokenStart = at + 1;
  }
  return true;
}
