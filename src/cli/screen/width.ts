/** How many terminal columns text takes, and cutting and filling by columns. Text is expected to be disarmed. */

/** One column each, whatever stands beside them: ASCII, and the signs of our own (symbols.ts). */
const PLAIN = /^[\x20-\x7e✓✗‼–ℹ→•…─]*$/;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cc}\p{Cf}\p{Emoji_Modifier}]$/u;
const MODIFIER = /^\p{Emoji_Modifier}$/u;
const PICTOGRAPH = /^\p{Extended_Pictographic}$/u;
const WIDE_EMOJI = /^\p{Emoji_Presentation}$/u;

/** First and last of what East Asian Width calls wide or full-width; emoji are asked of the runtime's own tables. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x2e99],
  [0x2e9b, 0x2ef3],
  [0x2f00, 0x2fd5],
  [0x2ff0, 0x303e],
  [0x3041, 0x3096],
  [0x3099, 0x30ff],
  [0x3105, 0x312f],
  [0x3131, 0x318e],
  [0x3190, 0x31e5],
  [0x31ef, 0x321e],
  [0x3220, 0x3247],
  [0x3250, 0xa48c],
  [0xa490, 0xa4c6],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe52],
  [0xfe54, 0xfe66],
  [0xfe68, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x16fff],
  [0x17000, 0x191d2],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x1fa70, 0x1faff],
  [0x20000, 0x2fffd],
  [0x30000, 0x3fffd],
];

/** A letter under a pile of combining marks is one column; beyond this many code units the rest of the pile is dropped. */
const LONGEST_CLUSTER = 40;

export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const cluster of clusters(text)) width += cluster.width;
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** At most `width` columns; what was cut off shows as `ellipsis` at the end. */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  if (text.length <= width && PLAIN.test(text)) return text;
  const room = Math.max(0, width);
  const mark = displayWidth(ellipsis) <= room ? ellipsis : '';
  const short = room - displayWidth(mark);
  // One character more than fits: what follows it cannot combine with anything kept.
  if (text.length > room && PLAIN.test(text.slice(0, room + 1))) return text.slice(0, short) + mark;
  let used = 0;
  let kept = '';
  let fitting = '';
  for (const cluster of clusters(text)) {
    used += cluster.width;
    if (used > room) return fitting + mark;
    kept += cluster.text.slice(0, LONGEST_CLUSTER);
    if (used <= short) fitting = kept;
  }
  return kept;
}

/** A character with what combines with it. */
export interface Cluster {
  text: string;
  width: number;
}

/** Characters with what combines with them. Enough for columns; not the whole of Unicode's segmentation, which is many times slower. */
export function* clusters(text: string): Generator<Cluster> {
  let current: Cluster | undefined;
  let joined = false;
  let flag = false;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const indicator = code >= 0x1f1e6 && code <= 0x1f1ff;
    if (current !== undefined && (joined || (flag && indicator) || combines(code, character, current.text))) {
      current.text += character;
      joined = code === 0x200d;
      flag = false;
      // The selector asks for the picture, which is two columns, of a character that is one without it.
      if (code === 0xfe0f && isPictograph(current.text) && current.width === 1) current.width = 2;
      continue;
    }
    if (current !== undefined) yield current;
    current = { text: character, width: indicator ? 2 : widthOf(code, character) };
    joined = false;
    flag = indicator;
  }
  if (current !== undefined) yield current;
}

function combines(code: number, character: string, before: string): boolean {
  if (code < 0x300) return false;
  if (MODIFIER.test(character)) return isPictograph(before);
  return NO_WIDTH.test(character);
}

function isPictograph(text: string): boolean {
  return PICTOGRAPH.test(String.fromCodePoint(text.codePointAt(0)!));
}

function widthOf(code: number, character: string): number {
  if (code < 0x300) return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xad ? 0 : 1;
  if (code < 0x1100) return NO_WIDTH.test(character) ? 0 : 1;
  if (isWide(code) || WIDE_EMOJI.test(character)) return 2;
  return NO_WIDTH.test(character) ? 0 : 1;
}

function isWide(code: number): boolean {
  let low = 0;
  let high = WIDE.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = WIDE[middle]!;
    if (code < first) high = middle - 1;
    else if (code > last) low = middle + 1;
    else return true;
  }
  return false;
}
