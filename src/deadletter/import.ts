import { hash } from 'node:crypto';
import type { Home } from '../letters/home.ts';
import { encodeRecord, judgeRecord, type KeptRecord } from '../letters/record.ts';
import { importLine } from './export.ts';

export interface Imported {
  kept: number;
  /** Imported before. */
  known: number;
  /** Messages of work that did not fail. */
  well: number;
  /** Lines that hold no message, and the first reason with its line. */
  unreadable: number;
  problem: { readonly line: number; readonly why: string } | undefined;
}

const AT_ONCE = 64;

/** Keeps what an export, or a recording, holds of failed work; what was imported before is known by its content. */
export async function importLines(home: Home, lines: AsyncIterable<string>, now: number): Promise<Imported> {
  const { stream } = await home.imported();
  const known = new Set<string>();
  for await (const item of stream.read({ until: 'now' })) {
    if (item.kind === 'kept' && item.id !== undefined) known.add(item.id);
  }
  const done: Imported = { kept: 0, known: 0, well: 0, unreadable: 0, problem: undefined };
  let waiting: Promise<unknown>[] = [];
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const read = importLine(line, now);
    if (read.is === 'nothing') {
      done.unreadable += 1;
      done.problem ??= { line: number, why: read.why };
    } else if (judgeRecord(read.record) === undefined) done.well += 1;
    else {
      const id = contentId(read.record, read.id);
      if (known.has(id)) done.known += 1;
      else {
        known.add(id);
        const { data, headers } = encodeRecord(read.record);
        waiting.push(stream.append(data, { headers, id }));
        done.kept += 1;
      }
    }
    if (waiting.length >= AT_ONCE) {
      await Promise.all(waiting);
      waiting = [];
    }
  }
  await Promise.all(waiting);
  return done;
}

/** Letters with the same bytes stay distinct: the id of each, or its time, tells them apart. */
function contentId({ subject, at, bytes }: KeptRecord, id: string | undefined): string {
  return hash('sha256', `${id ?? ''}\n${subject}\n${at}\n${Buffer.from(bytes).toString('base64')}`, 'hex').slice(0, 32);
}
