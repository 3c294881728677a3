/**
 * Text from the bus or a file, made harmless for people's eyes: what would move the cursor, change colours, reverse the
 * reading order or hide is shown as an escape. Machine formats never pass through here.
 */

/** Most of what passes here is plain ASCII, and `tail` passes hundreds of thousands of lines. */
const UNPLAIN = /[^\x20-\x7e]/;

/**
 * C0, DEL, C1 · line and paragraph separators · annotations · halves of surrogate pairs that stand alone · and all that a
 * font is to show as nothing: zero-width and directional marks, embeddings, isolates, fillers, joiners, variation
 * selectors, tags.
 */
const HARMFUL = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\ufff9-\ufffb]|\p{Default_Ignorable_Code_Point}|\p{Cs}/gu;
const HARMFUL_ONCE = new RegExp(HARMFUL.source, 'u');

const ZERO_WIDTH_JOINER = '\u200d';
const BEFORE_JOINER = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const AFTER_JOINER = /^\p{Extended_Pictographic}/u;

/** Line breaks and tabs stay; everything else that could act on a terminal becomes visible. */
export function disarm(text: string): string {
  return UNPLAIN.test(text) && HARMFUL_ONCE.test(text) ? escapeHarmful(text.replaceAll('\r\n', '\n'), true) : text;
}

/** For one-line forms: line breaks and tabs become visible too. */
export function disarmLine(text: string): string {
  return UNPLAIN.test(text) && HARMFUL_ONCE.test(text) ? escapeHarmful(text, false) : text;
}

/** A name or value inside a message: disarmed, in double quotes, and never a whole file. */
export function quoted(text: string, longest = 120): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return `"${disarmLine(cut)}"`;
}

function escapeHarmful(text: string, keepLines: boolean): string {
  return text.replace(HARMFUL, (found: string, at: number) => {
    if (keepLines && (found === '\n' || found === '\t')) return found;
    if (found === ZERO_WIDTH_JOINER && joinsEmoji(text, at)) return found;
    if (saysHowToLook(found, text, at)) return found;
    return escapeOf(found);
  });
}

/** Families and professions are several pictures joined; there the joiner hides nothing. */
function joinsEmoji(text: string, at: number): boolean {
  return BEFORE_JOINER.test(text.slice(Math.max(0, at - 2), at)) && AFTER_JOINER.test(text.slice(at + 1, at + 3));
}

/** As text or as a picture: one selector right behind a picture, or behind the digit of a keycap. */
function saysHowToLook(found: string, text: string, at: number): boolean {
  if (found !== '\ufe0e' && found !== '\ufe0f') return false;
  const before = text.slice(Math.max(0, at - 2), at);
  return /\p{Extended_Pictographic}$/u.test(before) || (/[0-9#*]$/.test(before) && text[at + 1] === '\u20e3');
}

function escapeOf(found: string): string {
  if (found === '\n') return '\\n';
  if (found === '\r') return '\\r';
  if (found === '\t') return '\\t';
  const code = found.codePointAt(0)!;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}
