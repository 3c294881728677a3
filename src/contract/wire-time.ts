/**
 * The times that Heddle reads (pydantic's lax datetime, measured): ISO dates and date-times, and seconds or milliseconds
 * since 1970 as number or digits. Gives milliseconds since 1970, or undefined where pydantic rejects.
 * A time without zone is taken as UTC; Python keeps it without one.
 */
export function readWireTime(value: unknown): number | undefined {
  if (typeof value === 'number') return fromEpoch(value);
  if (typeof value !== 'string') return undefined;
  return readDateTime(value) ?? readDigits(value) ?? (value.length === 10 ? readDate(value) : undefined);
}

/**
 * Whether Heddle reads it. The usual forms are known by one expression, three times as fast as reading them; of the day
 * that the last one was of, in UTC, only the clock is looked at: messages in a row are of one day.
 */
export function isWireTime(value: unknown): boolean {
  if (typeof value !== 'string') return readWireTime(value) !== undefined;
  if (value.startsWith(lastDay) && isClock(value)) return true;
  if (!USUAL.test(value)) return readWireTime(value) !== undefined;
  lastDay = value.slice(0, 11);
  return true;
}

/** With its `T`, so that what follows is the clock. No text begins with what stands here before the first. */
let lastDay = '\0';

/** `HH:MM:SS`, perhaps a fraction, `Z`, after the eleven characters of a day. */
function isClock(text: string): boolean {
  const last = text.length - 1;
  if (last < 19 || text.charCodeAt(last) !== CAPITAL_Z) return false;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return false;
  // NaN (no digits) fails every comparison
  if (!(pair(text, 11) <= 23 && pair(text, 14) <= 59 && pair(text, 17) <= 59)) return false;
  if (last === 19) return true;
  if (text.charCodeAt(19) !== DOT || last === 20) return false;
  for (let at = 20; at < last; at += 1) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

const MONTH_DAY = '(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)';
const CLOCK = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?';
const USUAL = new RegExp(`^(?!0000)[0-9]{4}-${MONTH_DAY}T${CLOCK}(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$`);

/**
 * The form we write: UTC, milliseconds, `Z`. The last text is kept, because at full speed a hundred messages share a millisecond; and
 * of the last day, its beginning: a date makes the whole of a text at half the cost of parsing a message.
 */
export function wireTime(epochMs: number): string {
  if (epochMs === lastMs) return lastText;
  const whole = Math.trunc(epochMs);
  const ms = whole - dayMs;
  if (ms >= 0 && ms < DAY_MS) {
    const [hour, minute, second] = [
      Math.floor(ms / 3_600_000),
      Math.floor(ms / 60_000) % 60,
      Math.floor(ms / 1_000) % 60,
    ];
    lastText = `${dayText}${PAIRS[hour]}:${PAIRS[minute]}:${PAIRS[second]}.${String(ms % 1_000).padStart(3, '0')}Z`;
  } else {
    lastText = new Date(epochMs).toISOString();
    dayMs = Math.floor(whole / DAY_MS) * DAY_MS;
    dayText = lastText.slice(0, lastText.indexOf('T') + 1);
  }
  lastMs = epochMs;
  return lastText;
}

const DAY_MS = 86_400_000;
const PAIRS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

let lastMs = Number.NaN;
let lastText = '';
let dayMs = Number.NaN;
let dayText = '';

/** Above this many, a number means milliseconds. */
const WATERSHED = 20_000_000_000;
/** Python's datetime covers the years 1 to 9999. */
const EARLIEST = -62_135_596_800;
const LATEST = 253_402_300_800;

function fromEpoch(value: number): number | undefined {
  const seconds = Math.abs(value) <= WATERSHED ? value : value / 1000;
  return seconds >= EARLIEST && seconds < LATEST ? seconds * 1000 : undefined;
}

const DIGITS = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/;

function readDigits(text: string): number | undefined {
  return DIGITS.test(text) ? fromEpoch(Number(text)) : undefined;
}

function readDate(text: string): number | undefined {
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  // NaN (no digits) fails every comparison
  const inRange = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!inRange || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined;
  return daysSince1970(year, month, day) * 86_400_000;
}

/** `YYYY-MM-DD`, one of `T t _` or a space, `HH:MM[:SS[.,fraction]]`, then nothing, `Z`, `±HH:MM` or `±HHMM`. */
function readDateTime(text: string): number | undefined {
  if (text.length < 16 || !SEPARATORS.includes(text[10] ?? '')) return undefined;
  const date = readDate(text);
  if (date === undefined) return undefined;
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  if (!(hour <= 23 && minute <= 59) || text.charCodeAt(13) !== COLON) return undefined;
  let at = 16;
  let second = 0;
  let fraction = 0;
  if (text.charCodeAt(at) === COLON) {
    second = pair(text, 17);
    if (!(second <= 59)) return undefined;
    at = 19;
    const mark = text.charCodeAt(at);
    if (mark === DOT || mark === COMMA) {
      const first = at + 1;
      at = first;
      let unit = 100;
      for (; isDigit(text.charCodeAt(at)); at += 1) {
        if (at - first < 6) fraction += (text.charCodeAt(at) - ZERO) * unit;
        unit /= 10;
      }
      if (at === first) return undefined;
    }
  }
  const offset = readOffset(text, at);
  if (offset === undefined) return undefined;
  return date + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
}

/** Minutes east of UTC. */
function readOffset(text: string, at: number): number | undefined {
  if (at === text.length) return 0;
  const sign = text[at] ?? '';
  if (sign === 'Z' || sign === 'z') return at + 1 === text.length ? 0 : undefined;
  if (!'+-\u2212'.includes(sign)) return undefined;
  const hours = pair(text, at + 1);
  const colon = text.charCodeAt(at + 3) === COLON ? 1 : 0;
  const minutes = pair(text, at + 3 + colon);
  if (!(hours <= 23 && minutes <= 59) || text.length !== at + 5 + colon) return undefined;
  return (sign === '+' ? 1 : -1) * (hours * 60 + minutes);
}

const SEPARATORS = 'Tt _';
const ZERO = 0x30;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const CAPITAL_Z = 0x5a;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

/** Two digits as a number; NaN for anything else. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : Number.NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Proleptic Gregorian; Date.UTC would move the years 0 to 99 into the twentieth century. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const monthFromMarch = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((monthFromMarch * 153 + 2) / 5) + day - 1 - 719_468;
}
