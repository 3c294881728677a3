import { stringEnd } from '../contract/json-text.ts';

const UNREAL = /NaN|-?Infinity/y;

/**
 * NaN and the infinities as null, as Python's router writes them on: what it reads with them, JSON readers refuse. Strings
 * and everything else stay character for character.
 */
export function finiteText(text: string): string {
  let out = '';
  let kept = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (end < 0) break;
      at = end - 1;
    } else if (code === LETTER_N || code === LETTER_I || code === MINUS) {
      UNREAL.lastIndex = at;
      const token = UNREAL.exec(text)?.[0];
      if (token === undefined) continue;
      out += `${text.slice(kept, at)}null`;
      kept = at + token.length;
      at = kept - 1;
    }
  }
  return out + text.slice(kept);
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const LETTER_I = 0x49;
const LETTER_N = 0x4e;
