import { isHeddleError } from '../../errors.ts';
import { adviceText } from '../remedies.ts';
import type { Level, LogEvent } from './line.ts';

/** One object a line: `time`, `level`, `event`, then what the event carries, in snake case like the wire. */
export function ndjsonLine(event: LogEvent, level: Level, now: number): string {
  const line: Record<string, unknown> = { schema_version: 1, time: new Date(now).toISOString(), level };
  if (event.kind === 'bus') {
    line.event = `bus_${event.event.kind}`;
    line.who = event.who;
    copy(event.event, line);
  } else {
    line.event = event.kind;
    copy(event, line);
  }
  return JSON.stringify(line);
}

/** Keys whose wire name is another than their name in snake case. */
const NAMES: Readonly<Record<string, string>> = { ms: 'processing_time_ms' };

function copy(from: object, to: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    if (key === 'kind' || key === 'who') continue;
    // The level of the line says it already.
    if (key === 'level' && 'level' in to) continue;
    to[NAMES[key] ?? snake(key)] = plain(value);
  }
}

function plain(value: unknown): unknown {
  if (isHeddleError(value)) return { code: value.code, message: value.message, hint: adviceText(value) ?? null };
  if (typeof value === 'number') return Math.round(value * 1000) / 1000;
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? snakeKeys(item) : item));
  return value;
}

function snakeKeys(value: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  copy(value, out);
  return out;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
