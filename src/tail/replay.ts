import type { Readable } from 'node:stream';
import { checkOptions, is, type Keys, needed } from '../check-options.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import { readEnvelope } from './read-envelope.ts';
import type { Tail } from './tail.ts';

/** A line that is longer holds no message that a bus would have carried (64 MiB is the most a server takes). */
const LONGEST_LINE = 128 * 1024 * 1024;
const BREAK = 0x0a;
/** Reads on only when this much of the buffer is free. */
const FULL_ENOUGH = 0.5;
const LOOK_AGAIN_MS = 2;

/** Which recording goes through which tail. */
export interface ReplayOptions {
  readonly name: string;
  readonly tail: Tail;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Which subjects; default all. */
  readonly wanted?: ((subject: string) => boolean) | undefined;
}

const OPTIONS: Keys<ReplayOptions> = {
  name: needed(is.text),
  tail: needed(is.object),
  clock: is.clock,
  wanted: is.callback,
};

/** Feeds a tail from a recording. Lines that cannot be read become one gap for each run of them. */
export async function replay(input: Readable, options: ReplayOptions): Promise<void> {
  checkOptions('replay', options, OPTIONS);
  const { name, tail, clock = systemClock, wanted } = options;
  let number = 0;
  let readable = false;
  let bad: { from: number; count: number; why: string; at: number } | undefined;
  let at = clock.now();
  const tellBad = (): void => {
    if (bad === undefined) return;
    if (!readable) throw noRecording(name, bad.from, bad.why);
    const detail = `${name}:${bad.from}: ${bad.why}`;
    tail.gap({ record: 'gap', reason: 'unreadable', from: bad.at, to: at, missed: bad.count, detail });
    bad = undefined;
  };
  for await (const line of linesOf(input)) {
    if (tail.ended) break;
    number += 1;
    const text = line === undefined ? '' : line.toString('utf8').trim();
    if (line !== undefined && text === '') continue;
    const recorded = line === undefined ? TOO_LONG : readEnvelope(text);
    if (recorded.is === 'unreadable') {
      if (bad === undefined) bad = { from: number, count: 1, why: recorded.why, at };
      else bad.count += 1;
      if (!readable && bad.count >= UNREADABLE_AT_MOST) tellBad();
      continue;
    }
    readable = true;
    if (recorded.is === 'message') at = recorded.at ?? at;
    tellBad();
    if (recorded.is === 'message') {
      const { subject = '', bytes } = recorded;
      if (wanted === undefined || wanted(subject)) tail.take(subject, bytes, at);
    } else if (recorded.is === 'gap') tail.gap(recorded.gap);
    while (tail.fullness > FULL_ENOUGH && !tail.ended) await sleep(clock, LOOK_AGAIN_MS);
  }
  tellBad();
}

/** What begins with so many lines that cannot be read is something else. */
const UNREADABLE_AT_MOST = 1000;

function noRecording(name: string, line: number, why: string): HeddleError {
  return new HeddleError('input_unreadable', `${name}: no line of it is a recorded message (line ${line}: ${why})`, {
    hint: 'A recording has one JSON object a line: {"subject": …, "message": …}.',
  });
}

const TOO_LONG = { is: 'unreadable', why: `the line is longer than ${LONGEST_LINE} bytes` } as const;

/** Lines as bytes; undefined for one that is too long. */
async function* linesOf(input: Readable): AsyncGenerator<Buffer | undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  let skipping = false;
  const add = (part: Buffer): void => {
    length += part.length;
    if (length > LONGEST_LINE) {
      skipping = true;
      parts = [];
    } else if (!skipping) parts.push(part);
  };
  const take = (): Buffer | undefined => {
    const line = skipping ? undefined : parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    parts = [];
    length = 0;
    skipping = false;
    return line;
  };
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(BREAK); end >= 0; end = chunk.indexOf(BREAK, from)) {
      add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}
