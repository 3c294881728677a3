import { isUtf8 } from 'node:buffer';
import { readJsonText } from '../contract/decode-json.ts';
import type { HttpLimits } from './limits.ts';
import { problem } from './problem.ts';

/** A body as JSON: the value, and the text that has every number as it was written. Every key is data, `__proto__` too. */
export interface JsonBody {
  readonly value: unknown;
  readonly text: string;
}

/** Strict JSON in UTF-8, of bounded depth and number of keys; anything else is thrown as a problem. */
export function readJsonBody(bytes: Buffer, limits: Pick<HttpLimits, 'jsonDepth' | 'jsonKeys'>): JsonBody {
  // Before anything recursive looks at it.
  checkSize(bytes, limits);
  if (!isUtf8(bytes)) throw problem('invalid_json', { detail: 'the body is no UTF-8' });
  const read = readJsonText(bytes.toString());
  if (!read.ok) throw problem('invalid_json', { detail: bytes.length === 0 ? 'the body is empty' : read.detail });
  if (!read.strict) throw problem('invalid_json', { detail: 'not JSON: it holds NaN or an infinity' });
  return { value: read.value, text: read.text };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACE = 0x7b;
/** From an opening bracket or brace to its closing one. */
const TO_CLOSING = 2;

/** Looks at brackets and colons outside strings; whether it is JSON at all is the parser's to say. */
function checkSize(bytes: Uint8Array, { jsonDepth, jsonKeys }: Pick<HttpLimits, 'jsonDepth' | 'jsonKeys'>): void {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
    } else if (byte === COLON) {
      keys += 1;
      if (keys > jsonKeys) throw problem('json_too_complex', { detail: `more than ${jsonKeys} keys` });
    } else if (byte === BRACKET || byte === BRACE) {
      depth += 1;
      if (depth > jsonDepth) throw problem('json_too_complex', { detail: `nested deeper than ${jsonDepth}` });
    } else if (byte === BRACKET + TO_CLOSING || byte === BRACE + TO_CLOSING) depth -= 1;
  }
}

function endOfString(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
