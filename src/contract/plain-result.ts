import { isUtf8 } from 'node:buffer';
import {
  blanksEnd,
  CLOSE_BRACE,
  COLON,
  COMMA,
  digitsEnd,
  hasBackslash,
  isDigit,
  NULL,
  nameAmong,
  OPEN_BRACE,
  OTHER,
  QUOTE,
  stringEnd,
  UNCLEAR,
  valueEnd,
  wordEnd,
  wordOf,
} from './json-bytes.ts';
import { STATUSES, type Status } from './messages.ts';
import { isWireTime } from './wire-time.ts';

/** What figures need of a result. */
export interface PlainResult {
  readonly status: Status;
  readonly worker: string;
  readonly processingMs: number | undefined;
}

/**
 * Most of what passes on a bus is results as workers write them. One of these (strict JSON in UTF-8 on one line, generation
 * B, each field as Heddle's model has it, none twice) is known here by its bytes, at a third of the cost of reading it.
 * Undefined says nothing of a message but that `decodeMessage` has to look; where this says something, that says the same.
 */
export function readPlainResult(bytes: Uint8Array): PlainResult | undefined {
  let found = 0;
  let status: Status | undefined;
  let worker: string | undefined;
  let processingMs: number | undefined;
  let next = 0;
  let place = bytes[0] === OPEN_BRACE ? blanksEnd(bytes, 1) : -1;
  for (;;) {
    if (bytes[place] !== QUOTE) return undefined;
    // The usual one is known without looking for its end.
    let field = next;
    let colon = wordEnd(bytes, place, NAMES[field] ?? NO_NAME);
    if (colon < 0) {
      colon = stringEnd(bytes, place);
      field = fieldNamed(bytes, place, colon);
      if (field === UNCLEAR) return undefined;
      colon = blanksEnd(bytes, colon);
    }
    if (bytes[colon] !== COLON) return undefined;
    if (field !== OTHER) {
      if ((found & (1 << field)) !== 0) return undefined;
      found |= 1 << field;
      next = field + 1;
    }
    const value = blanksEnd(bytes, colon + 1);
    place = fieldEnd(bytes, value, field);
    if (place < 0) return undefined;
    if (field === STATUS) status = statusAt(bytes, value, place);
    else if (field === WORKER) worker = workerAt(bytes, value, place);
    else if (field === TOOK) processingMs = wholeNumber(bytes, value, place);
    place = blanksEnd(bytes, place);
    if (bytes[place] !== COMMA) break;
    place = blanksEnd(bytes, place + 1);
  }
  if (bytes[place] !== CLOSE_BRACE || place !== bytes.length - 1) return undefined;
  if ((found & (1 << TASK)) === 0 || status === undefined || worker === undefined) return undefined;
  return isUtf8(bytes) ? { status, worker, processingMs } : undefined;
}

const TASK = 0;
const PARENT = 1;
const WORKER = 2;
const STATUS = 3;
const OUTPUT = 4;
const ERROR = 5;
const MODEL = 6;
const USAGE = 7;
const TOOK = 8;
const COMPLETED = 9;
/** In the order in which workers write them. */
const NAMES = [
  'task_id',
  'parent_task_id',
  'worker_type',
  'status',
  'output',
  'error',
  'model_used',
  'token_usage',
  'processing_time_ms',
  'completed_at',
].map((name) => wordOf(JSON.stringify(name)));
const NO_NAME = wordOf('\0');
/** May make a message of another generation. */
const FRAME_TYPE = wordOf('"payload_type"');

function fieldNamed(bytes: Uint8Array, from: number, to: number): number {
  if (to < 0 || wordEnd(bytes, from, FRAME_TYPE) === to) return UNCLEAR;
  return nameAmong(bytes, from, to, NAMES);
}

/** Behind the value, when it is one that this field takes. */
function fieldEnd(bytes: Uint8Array, at: number, field: number): number {
  switch (field) {
    case TASK:
    case WORKER:
    case STATUS:
      return bytes[at] === QUOTE ? stringEnd(bytes, at) : -1;
    case PARENT:
    case ERROR:
    case MODEL:
      return bytes[at] === QUOTE ? stringEnd(bytes, at) : wordEnd(bytes, at, NULL);
    case OUTPUT:
      return bytes[at] === OPEN_BRACE ? valueEnd(bytes, at) : wordEnd(bytes, at, NULL);
    case USAGE:
      return countsEnd(bytes, at);
    case TOOK:
      return wholeEnd(bytes, at);
    case COMPLETED: {
      const end = bytes[at] === QUOTE ? stringEnd(bytes, at) : -1;
      return end > 0 && isTime(bytes, at + 1, end - 1) ? end : -1;
    }
    default:
      return valueEnd(bytes, at);
  }
}

/** An object of whole numbers. */
function countsEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== OPEN_BRACE) return -1;
  let place = blanksEnd(bytes, at + 1);
  if (bytes[place] === CLOSE_BRACE) return place + 1;
  while (bytes[place] === QUOTE) {
    place = blanksEnd(bytes, stringEnd(bytes, place));
    if (bytes[place] !== COLON) return -1;
    place = wholeEnd(bytes, blanksEnd(bytes, place + 1));
    if (place < 0) return -1;
    place = blanksEnd(bytes, place);
    if (bytes[place] === CLOSE_BRACE) return place + 1;
    if (bytes[place] !== COMMA) return -1;
    place = blanksEnd(bytes, place + 1);
  }
  return -1;
}

/** So many digits are a number exactly. */
const MOST_DIGITS = 15;
const ZERO = 0x30;

function wholeEnd(bytes: Uint8Array, at: number): number {
  const end = digitsEnd(bytes, at);
  const digits = end - at;
  return digits === 0 || digits > MOST_DIGITS || (digits > 1 && bytes[at] === ZERO) ? -1 : end;
}

function wholeNumber(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let place = from; place < to; place += 1) number = number * 10 + (bytes[place] ?? 0) - ZERO;
  return number;
}

const STATUS_WORDS = STATUSES.map((status) => ({ status, word: wordOf(JSON.stringify(status)) }));

function statusAt(bytes: Uint8Array, from: number, to: number): Status | undefined {
  for (const { status, word } of STATUS_WORDS) if (wordEnd(bytes, from, word) === to) return status;
  return undefined;
}

const LATIN1 = new TextDecoder('latin1');
const UTF8 = new TextDecoder();

/** The name of the last one is kept: messages come in bursts of one worker. */
let lastWorker = { name: '', quoted: wordOf('""') };

function workerAt(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (wordEnd(bytes, from, lastWorker.quoted) === to) return lastWorker.name;
  if (hasBackslash(bytes, from, to)) return undefined;
  const quoted = bytes.slice(from, to);
  lastWorker = { name: UTF8.decode(quoted.subarray(1, -1)), quoted };
  return lastWorker.name;
}

/** `2026-04-29T` of the last time; of another on that day only the clock is looked at. */
let lastDay = new Uint8Array(0);
const DAY = 11;

function isTime(bytes: Uint8Array, from: number, to: number): boolean {
  if (lastDay.length > 0 && wordEnd(bytes, from, lastDay) > 0 && isClock(bytes, from + DAY, to)) return true;
  if (!isWireTime(LATIN1.decode(bytes.subarray(from, to)))) return false;
  if (bytes[from + DAY - 1] === 0x54) lastDay = bytes.slice(from, from + DAY);
  return true;
}

/** `HH:MM:SSZ`, with a fraction or without. */
function isClock(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[end - 1] !== 0x5a || bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return false;
  if (!(isSixty(bytes, at + 3) && isSixty(bytes, at + 6))) return false;
  const hour = bytes[at] === 0x32 ? (bytes[at + 1] ?? 0) < 0x34 : bytes[at] === ZERO || bytes[at] === 0x31;
  if (!hour || !isDigit(bytes[at + 1] ?? 0)) return false;
  if (end === at + 9) return true;
  return bytes[at + 8] === 0x2e && end > at + 10 && digitsEnd(bytes, at + 9) === end - 1;
}

function isSixty(bytes: Uint8Array, at: number): boolean {
  const tens = bytes[at] ?? 0;
  return tens >= ZERO && tens <= 0x35 && isDigit(bytes[at + 1] ?? 0);
}
