import { isUtf8 } from 'node:buffer';
import {
  blanksEnd,
  CLOSE_BRACE,
  COLON,
  COMMA,
  hasBackslash,
  nameAmong,
  OPEN_BRACE,
  OTHER,
  QUOTE,
  stringEnd,
  UNCLEAR,
  valueEnd,
  wordEnd,
  wordOf,
} from '../contract/json-bytes.ts';
import { readWireTime } from '../contract/wire-time.ts';
import type { RecordedMessage } from './read-envelope.ts';

/**
 * Most lines of a recording are messages in envelopes as envelope.ts writes them. One of these is known here by its bytes,
 * and nothing is made of it but a view of the message. Undefined says nothing of a line but that `readEnvelope` has to look; where
 * this says something, that says the same.
 */
export function readPlainEnvelope(line: Buffer): RecordedMessage | undefined {
  let found = 0;
  let subject = '';
  let at: number | undefined;
  let from = 0;
  let to = 0;
  let next = 0;
  let place = line[0] === OPEN_BRACE ? blanksEnd(line, 1) : -1;
  for (;;) {
    if (line[place] !== QUOTE) return undefined;
    // The usual one is known without looking for its end.
    let field = next;
    let end = wordEnd(line, place, NAMES[field] ?? NO_NAME);
    if (end < 0) {
      end = stringEnd(line, place);
      field = end < 0 ? UNCLEAR : nameAmong(line, place, end, NAMES);
    }
    if (field === UNCLEAR || field === BASE64) return undefined;
    const colon = blanksEnd(line, end);
    if (line[colon] !== COLON) return undefined;
    const value = blanksEnd(line, colon + 1);
    place = valueEnd(line, value);
    if (place < 0) return undefined;
    if (field !== OTHER) {
      if ((found & (1 << field)) !== 0) return undefined;
      found |= 1 << field;
      next = field + 1;
    }
    if (field === MESSAGE) {
      from = value;
      to = place;
    } else if (field === KIND || field === RECEIVED || field === SUBJECT) {
      if (line[value] !== QUOTE || hasBackslash(line, value, place)) return undefined;
      if (field === SUBJECT) subject = subjectAt(line, value, place);
      else if (field === RECEIVED) at = timeAt(line, value, place);
      else if (isOwn(line, value, place)) return undefined;
    }
    place = blanksEnd(line, place);
    if (line[place] !== COMMA) break;
    place = blanksEnd(line, place + 1);
  }
  if (line[place] !== CLOSE_BRACE || place !== line.length - 1) return undefined;
  if (subject === '' || to === 0 || !isUtf8(line)) return undefined;
  return { is: 'message', subject, at, bytes: new Uint8Array(line.buffer, line.byteOffset + from, to - from) };
}

const KIND = 1;
const RECEIVED = 2;
const SUBJECT = 3;
const MESSAGE = 6;
const BASE64 = 7;
/** In the order in which they are written. */
const NAMES = [
  'schema_version',
  'kind',
  'received_at',
  'subject',
  'generation',
  'size',
  'message',
  'payload_base64',
].map((name) => wordOf(JSON.stringify(name)));
const NO_NAME = wordOf('\0');

/** Kinds of records that are no messages. */
const OWN = ['gap', 'orphan', 'summary'].map((kind) => wordOf(JSON.stringify(kind)));

function isOwn(line: Buffer, from: number, to: number): boolean {
  return OWN.some((kind) => wordEnd(line, from, kind) === to);
}

/** The last subject and the last time are kept: messages come in bursts that share them. */
let lastSubject = { text: '', quoted: wordOf('""') };
let lastTime: { readonly at: number | undefined; readonly quoted: Uint8Array } = {
  at: undefined,
  quoted: wordOf('""'),
};

function subjectAt(line: Buffer, from: number, to: number): string {
  if (wordEnd(line, from, lastSubject.quoted) !== to) {
    lastSubject = { text: line.toString('utf8', from + 1, to - 1), quoted: Uint8Array.from(line.subarray(from, to)) };
  }
  return lastSubject.text;
}

function timeAt(line: Buffer, from: number, to: number): number | undefined {
  if (wordEnd(line, from, lastTime.quoted) !== to) {
    const at = readWireTime(line.toString('utf8', from + 1, to - 1));
    lastTime = { at, quoted: Uint8Array.from(line.subarray(from, to)) };
  }
  return lastTime.at;
}
