import type { ScalarType } from './node.ts';

/** What PyYAML makes of a scalar; `crash` is a Python error that is not a YAML error, so Heddle ends with a traceback. */
export type Resolved =
  | { type: ScalarType; value: string | number | bigint | boolean | null }
  | { type: 'merge' }
  | { type: 'value' }
  | { type: 'refused'; reason: string; crash: boolean };

const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INT =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const TIME =
  /^(?:(\d{4})-(\d\d)-(\d\d)|(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.\d*)?(?:[ \t]*(?:Z|([-+])(\d\d?)(?::(\d\d))?))?)$/;

/** Python refuses to read a longer decimal number as an int (sys.int_info.default_max_str_digits). */
const MAX_INT_DIGITS = 4300;

const WORDS = new Map<string, Resolved>();
for (const [truth, words] of [
  [true, ['yes', 'true', 'on']],
  [false, ['no', 'false', 'off']],
] as const) {
  for (const word of words) {
    for (const form of [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()]) {
      WORDS.set(form, { type: 'bool', value: truth });
    }
  }
}
for (const form of ['', '~', 'null', 'Null', 'NULL']) WORDS.set(form, { type: 'NoneType', value: null });
WORDS.set('<<', { type: 'merge' });
WORDS.set('=', { type: 'value' });

/** The longest word above; anything longer that starts with a letter is text. */
const LONGEST_WORD = 5;

const refused = (reason: string, crash = false): Resolved => ({ type: 'refused', reason, crash });

/** A plain scalar without a tag. */
export function resolvePlain(text: string): Resolved {
  const first = text.length === 0 ? 0 : text.charCodeAt(0);
  // Digits, signs and the dot are the only starts of numbers and dates.
  if ((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46) {
    if (FLOAT.test(text)) return float(text);
    if (INT.test(text)) return int(text);
    if (first >= 48 && first <= 57 && TIME.test(text)) return time(text);
    return { type: 'str', value: text };
  }
  if (text.length <= LONGEST_WORD) {
    const word = WORDS.get(text);
    if (word !== undefined) return word;
  }
  return { type: 'str', value: text };
}

/** A scalar with a tag of its own, written out in full (`tag:yaml.org,2002:int`). */
export function resolveTagged(tag: string, text: string): Resolved {
  switch (tag) {
    case '!':
      // Also in quotes: the non-specific tag sends every scalar through the implicit types.
      return resolvePlain(text);
    case 'tag:yaml.org,2002:str':
      return { type: 'str', value: text };
    case 'tag:yaml.org,2002:null':
      return { type: 'NoneType', value: null };
    case 'tag:yaml.org,2002:bool': {
      const word = WORDS.get(text.toLowerCase());
      return word?.type === 'bool' ? word : refused(`"${text}" is not a truth value`, true);
    }
    case 'tag:yaml.org,2002:int':
      return int(text);
    case 'tag:yaml.org,2002:float':
      return float(text);
    case 'tag:yaml.org,2002:timestamp':
      return time(text);
    case 'tag:yaml.org,2002:binary':
      return binary(text);
    case 'tag:yaml.org,2002:seq':
    case 'tag:yaml.org,2002:omap':
    case 'tag:yaml.org,2002:pairs':
      return refused('the tag says list, the value is a scalar');
    case 'tag:yaml.org,2002:map':
    case 'tag:yaml.org,2002:set':
      return refused('the tag says mapping, the value is a scalar');
    default:
      return refused(`the tag ${showTag(tag)} is unknown to Heddle's safe loader`);
  }
}

export function showTag(tag: string): string {
  return tag.startsWith('tag:yaml.org,2002:') ? `!!${tag.slice('tag:yaml.org,2002:'.length)}` : tag;
}

/** Nearly every number of a config, and exact without a detour. */
const SHORT = /^(?:0|[1-9][0-9]{0,14})$/;

function int(text: string): Resolved {
  if (SHORT.test(text)) return { type: 'int', value: Number(text) };
  let digits = text.replaceAll('_', '');
  let negative = false;
  if (digits[0] === '-' || digits[0] === '+') {
    negative = digits[0] === '-';
    digits = digits.slice(1);
  }
  const magnitude = intMagnitude(digits);
  if (magnitude === undefined) return refused(`"${shorten(text)}" cannot be read as an int`, true);
  if (magnitude === 'long') return refused(`a number of more than ${MAX_INT_DIGITS} digits`, true);
  const value = negative ? -magnitude : magnitude;
  const small = Number(value);
  return { type: 'int', value: Number.isSafeInteger(small) ? small + 0 : value };
}

function intMagnitude(digits: string): bigint | 'long' | undefined {
  if (digits.startsWith('0b')) return /^0b[01]+$/.test(digits) ? BigInt(digits) : undefined;
  if (digits.startsWith('0x')) return /^0x[0-9a-fA-F]+$/.test(digits) ? BigInt(digits) : undefined;
  if (digits !== '0' && digits[0] === '0') return /^0[0-7]*$/.test(digits) ? BigInt(`0o${digits}`) : undefined;
  if (digits.length > MAX_INT_DIGITS) return 'long';
  if (digits.includes(':')) {
    const parts = digits.split(':');
    if (!parts.every((part) => /^\d+$/.test(part))) return undefined;
    // 64 base-60 places are far beyond every number that means something; more would only cost time.
    if (parts.length > 64) return 'long';
    return parts.reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  }
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}

function float(text: string): Resolved {
  let digits = text.replaceAll('_', '').toLowerCase();
  let sign = 1;
  if (digits[0] === '-' || digits[0] === '+') {
    sign = digits[0] === '-' ? -1 : 1;
    digits = digits.slice(1);
  }
  if (digits === '.inf') return { type: 'float', value: sign * Number.POSITIVE_INFINITY };
  if (digits === '.nan') return { type: 'float', value: Number.NaN };
  if (digits.includes(':')) {
    const parts = digits.split(':').map(plainFloat);
    if (parts.some((part) => part === undefined)) return refused(`"${shorten(text)}" cannot be read as a float`, true);
    return { type: 'float', value: sign * parts.reduce((sum: number, part) => sum * 60 + part!, 0) };
  }
  const value = plainFloat(digits);
  if (value === undefined) return refused(`"${shorten(text)}" cannot be read as a float`, true);
  return { type: 'float', value: sign * value };
}

function plainFloat(digits: string): number | undefined {
  return /^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(digits) ? Number(digits) : undefined;
}

function time(text: string): Resolved {
  const found = TIME.exec(text);
  if (found === null) return refused(`"${shorten(text)}" is not a date`, true);
  const dateOnly = found[1] !== undefined;
  const [year, month, day] = (dateOnly ? found.slice(1, 4) : found.slice(4, 7)).map(Number) as [number, number, number];
  const possible =
    year >= 1 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (!possible) return refused(`there is no day ${text}`, true);
  if (!dateOnly) {
    const [hour, minute, second] = found.slice(7, 10).map(Number) as [number, number, number];
    const offset = Number(found[11] ?? 0) * 60 + Number(found[12] ?? 0);
    if (hour > 23 || minute > 59 || second > 59 || offset >= 24 * 60) return refused(`there is no time ${text}`, true);
  }
  return { type: dateOnly ? 'date' : 'datetime', value: text };
}

function binary(text: string): Resolved {
  if (!isBase64(text)) return refused('a !!binary value that is not base64');
  return { type: 'bytes', value: text.replace(/\s+/g, '') };
}

/** As Python decodes it: other characters are passed over, the first whole padding ends it. */
function isBase64(text: string): boolean {
  if (!/^[\x00-\x7f]*$/.test(text)) return false;
  let place = 0;
  let padding = 0;
  for (const char of text) {
    if (char === '=') {
      if (place < 2) continue;
      padding += 1;
      if (place + padding === 4) return true;
    } else if (/[A-Za-z0-9+/]/.test(char)) {
      padding = 0;
      place = (place + 1) % 4;
    }
  }
  return place === 0;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
