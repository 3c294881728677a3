/** Random JSON texts from a seed, with everything that makes a scanner stumble: spaces, escapes, odd numbers, odd keys. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

const SPACES = ['', '', '', ' ', '\n', '\t', '\r\n', '   '];
const NUMBERS = [
  '0',
  '-0',
  '1',
  '1.0',
  '-12.50',
  '1e5',
  '1E+5',
  '2.5e-3',
  '9007199254740993',
  '123456789012345678901234567890',
  '1e400',
];
const STRINGS = [
  '""',
  '"a"',
  '"\\""',
  '"\\\\"',
  '"\\\\\\""',
  '"{"',
  '"}"',
  '"]["',
  '"a,b:c"',
  '"\\u0041\\ud83d\\ude00"',
  '"\\ud800"',
  '"\u00fc\u{1f600}\u2028"',
  '"\\n\\t\\/"',
  '"NaN"',
  '"-Infinity"',
];
const KEYS = [
  '"a"',
  '"b"',
  '"_x"',
  '"_trace_context"',
  '"\\u005fy"',
  '"1"',
  '"10"',
  '"2"',
  '""',
  '"__proto__"',
  '"constructor"',
  '"k\\"q"',
  '"k\\\\"',
  '"task_id"',
  '"}"',
  '"\u00fc"',
];

export function randomValue(random: () => number, depth: number): string {
  const space = () => pick(random, SPACES);
  const kind = random();
  if (depth > 0 && kind < 0.25) return randomObject(random, depth);
  if (depth > 0 && kind < 0.45) {
    const items = Array.from(
      { length: Math.floor(random() * 4) },
      () => `${space()}${randomValue(random, depth - 1)}${space()}`,
    );
    return `[${items.length === 0 ? space() : items.join(',')}]`;
  }
  if (kind < 0.65) return pick(random, NUMBERS);
  if (kind < 0.85) return pick(random, STRINGS);
  return pick(random, ['true', 'false', 'null']);
}

export function randomObject(random: () => number, depth: number): string {
  const space = () => pick(random, SPACES);
  const members = Array.from(
    { length: Math.floor(random() * 6) },
    () => `${space()}${pick(random, KEYS)}${space()}:${space()}${randomValue(random, depth - 1)}${space()}`,
  );
  return `{${members.length === 0 ? space() : members.join(',')}}`;
}

/** The same text, damaged somewhere: cut, a character dropped, doubled or replaced. */
export function damaged(random: () => number, text: string): string {
  const at = Math.floor(random() * (text.length + 1));
  const odd = pick(random, ['"', '\\', '{', '}', '[', ']', ',', ':', '\u0000', '', 'x', '\ud800']);
  const cut = pick(random, [0, 1, 2, text.length]);
  return text.slice(0, at) + odd + text.slice(at + cut);
}
