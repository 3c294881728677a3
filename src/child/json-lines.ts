import { type ReadJson, readJsonObject, type Unreadable } from '../contract/decode-json.ts';
import type { JsonObject } from '../contract/json.ts';
import type { Line } from './lines.ts';

/** A line that is no JSON object. */
export interface BadLine {
  readonly ok: false;
  readonly reason: Unreadable['reason'] | 'too_long';
  /** For people: what was met instead. */
  readonly detail: string;
  readonly bytes: number;
}

/** What a line says, with the text it was read from: numbers keep their digits there. */
export function readJsonLine(line: Line): ReadJson<JsonObject> | BadLine {
  if ('tooLong' in line) {
    return { ok: false, reason: 'too_long', detail: `a line of ${line.tooLong} bytes`, bytes: line.tooLong };
  }
  const read = readJsonObject(line.bytes);
  if (read.ok) return read;
  return { ok: false, reason: read.reason, detail: read.detail, bytes: line.bytes.length };
}

export interface LineCounts {
  readonly objects: number;
  readonly bad: number;
}

/** Takes lines: objects are handed on, a bad line is counted, told and skipped, an empty one is nothing. */
export function jsonLines(hear: {
  readonly object: (read: ReadJson<JsonObject>) => void;
  readonly bad: (line: BadLine, counts: LineCounts) => void;
}): { line(line: Line): void; readonly counts: LineCounts } {
  const counts = { objects: 0, bad: 0 };
  return {
    counts,
    line(line) {
      if ('bytes' in line && line.bytes.length === 0) return;
      const read = readJsonLine(line);
      if (read.ok) {
        counts.objects += 1;
        hear.object(read);
      } else {
        counts.bad += 1;
        hear.bad(read, counts);
      }
    },
  };
}
