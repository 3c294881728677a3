import type { Readable } from 'node:stream';
import { checkOptions, is, type Keys, needed } from '../check-options.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import { Lines } from './lines.ts';
import { readPlainEnvelope } from './plain-envelope.ts';
import { type Recorded, readEnvelope } from './read-envelope.ts';
import type { Tail } from './tail.ts';

/** A line that is longer holds no message that a bus would have carried (64 MiB is the most a server takes). */
const LONGEST_LINE = 128 * 1024 * 1024;
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
  const unreadable = (why: string): void => {
    if (bad === undefined) bad = { from: number, count: 1, why, at };
    else bad.count += 1;
    if (!readable && bad.count >= UNREADABLE_AT_MOST) tellBad();
  };
  const take = (line: Buffer | undefined): void => {
    number += 1;
    if (line === undefined) return unreadable(`the line is longer than ${LONGEST_LINE} bytes`);
    const recorded = readLine(line);
    if (recorded === undefined) return;
    if (recorded.is === 'unreadable') return unreadable(recorded.why);
    readable = true;
    if (recorded.is === 'message') at = recorded.at ?? at;
    tellBad();
    if (recorded.is === 'message') {
      const { subject = '', bytes } = recorded;
      if (wanted === undefined || wanted(subject)) tail.take(subject, bytes, at);
    } else if (recorded.is === 'gap') tail.gap(recorded.gap);
  };
  const lines = new Lines(LONGEST_LINE);
  for await (const chunk of input as AsyncIterable<Buffer>) {
    for (const line of lines.of(chunk)) {
      take(line);
      while (tail.fullness > FULL_ENOUGH && !tail.ended) await sleep(clock, LOOK_AGAIN_MS);
      if (tail.ended) return;
    }
  }
  for (const line of lines.rest()) take(line);
  tellBad();
}

/** Undefined for an empty one. */
function readLine(line: Buffer): Recorded | undefined {
  const plain = readPlainEnvelope(line);
  if (plain !== undefined) return plain;
  const text = line.toString('utf8').trim();
  return text === '' ? undefined : readEnvelope(text);
}

/** What begins with so many lines that cannot be read is something else. */
const UNREADABLE_AT_MOST = 1000;

function noRecording(name: string, line: number, why: string): HeddleError {
  return new HeddleError('input_unreadable', `${name}: no line of it is a recorded message (line ${line}: ${why})`, {
    hint: 'A recording has one JSON object a line: {"subject": …, "message": …}.',
  });
}
