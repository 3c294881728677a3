import { rawValue } from '../../../contract/members.ts';
import type { MessageRecord } from '../../../tail/record.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { type PrettyLimits, prettyLines } from '../../screen/pretty-json.ts';

const MEMBERS = {
  task: 'payload',
  result: 'output',
  dead_letter: 'original_task',
  goal: 'context',
  control: undefined,
};
const MOST_RAW = 2000;
const LIMITS: PrettyLimits = { characters: 64 * 1024, lines: 200, string: 2000 };

/** What the message is about, as the characters it came in. */
export function bodyText({ decoded }: MessageRecord): string | undefined {
  if (decoded.kind === 'unknown') return decoded.text;
  const { text } = decoded;
  const member = MEMBERS[decoded.kind];
  if (member === undefined) return text;
  if (decoded.generation !== 'C') return rawValue(text, member) ?? text;
  const inner = rawValue(text, 'payload') ?? text;
  return rawValue(inner, member) ?? rawValue(inner, 'input') ?? inner;
}

export function bodyLines(record: MessageRecord, indent: string): string[] {
  const text = bodyText(record);
  if (text === undefined) return [`${indent}${record.bytes.length} bytes that are no text: ${hex(record.bytes)}`];
  const lines = prettyLines(text, LIMITS) ?? [text.length > MOST_RAW ? `${text.slice(0, MOST_RAW)}...` : text];
  return lines.map((line) => indent + disarmLine(line));
}

function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 32))
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1 ');
  return bytes.length > 32 ? `${shown} ...` : shown;
}
