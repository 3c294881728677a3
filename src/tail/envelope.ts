import { isEvent, readSubject } from '../contract/subject-meaning.ts';
import { wireTime } from '../contract/wire-time.ts';
import type { LintNote } from './lint.ts';
import type { GapRecord, MessageRecord, OrphanRecord, PairNote, SummaryRecord, TailRecord } from './record.ts';

/** Where lines go: text of ours, and bytes that stay as they are. */
export interface LineSink {
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
}

/** One record as one line of ndjson, with its line end. schemas/output/tail.schema.json describes it. */
export function writeEnvelope(record: TailRecord, to: LineSink): void {
  switch (record.record) {
    case 'message':
      return writeMessage(record, to);
    case 'gap':
      return to.text(`${JSON.stringify(gapDocument(record))}\n`);
    case 'orphan':
      return to.text(`${JSON.stringify(orphanDocument(record))}\n`);
    case 'summary':
      return to.text(`${JSON.stringify(summaryDocument(record))}\n`);
  }
}

/**
 * The message stands in its envelope as the bytes it came in: no number loses a digit, no key its place. Within JSON a line
 * break is white space (strings cannot hold one), so it may become a blank.
 */
function writeMessage(record: MessageRecord, to: LineSink): void {
  if (record.plain !== undefined) {
    to.text(`${headOf('result', 'B', record)}${record.bytes.length},"message":`);
    to.bytes(record.bytes);
    return to.text('}\n');
  }
  const { kind, generation } = record.decoded;
  const open = `${headOf(kind, generation, record)}${record.bytes.length},`;
  const text = jsonTextOf(record);
  if (text === undefined) {
    to.text(`${open}"payload_base64":"${Buffer.from(record.bytes).toString('base64')}"${notesOf(record)}}\n`);
    return;
  }
  const close = `${notesOf(record)}}\n`;
  if (text.includes('\n') || text.includes('\r'))
    to.text(`${open}"message":${text.replaceAll(LINE_BREAKS, ' ')}${close}`);
  else if (text.length <= SHORT) to.text(`${open}"message":${text}${close}`);
  else {
    to.text(`${open}"message":`);
    to.bytes(record.bytes);
    to.text(close);
  }
}

/**
 * Up to here, a message is written from the text that was read of its bytes: as they were UTF-8, it becomes the same
 * bytes again, and encoding many lines in one go costs less than putting each one's bytes between two texts.
 */
const SHORT = 2048;

const LINE_BREAKS = /[\r\n]/g;

/** Undefined when another JSON reader would refuse it. */
function jsonTextOf({ decoded }: MessageRecord): string | undefined {
  if (decoded.kind !== 'unknown') return decoded.strict ? decoded.text : undefined;
  if (decoded.text === undefined || decoded.value === undefined) return undefined;
  // Unknown messages do not say whether only Python's dialect made sense of them.
  try {
    JSON.parse(decoded.text);
    return decoded.text;
  } catch {
    return undefined;
  }
}

function notesOf({ decoded, pair, lint, undecided, subject }: MessageRecord): string {
  let notes = '';
  if (decoded.kind === 'unknown') {
    notes += `,"problem":${JSON.stringify({ reason: decoded.reason, detail: decoded.detail, expected: decoded.expected ?? null })}`;
  }
  if (decoded.kind === 'unknown') {
    const meaning = readSubject(subject);
    if (isEvent(meaning)) notes += `,"event":${JSON.stringify(meaning)}`;
  }
  if (pair !== undefined) notes += `,"pair":${JSON.stringify(pairDocument(pair))}`;
  if (lint !== undefined) notes += `,"lint":${JSON.stringify(lintDocument(lint))}`;
  if (undecided) notes += ',"undecided":true';
  return notes;
}

/**
 * The line up to the message's size. The last one is kept: messages come in bursts that share a millisecond and a subject,
 * and a text of one piece is encoded three times as fast as one put together of ten.
 */
function headOf(kind: string, generation: string, { receivedAt, subject }: MessageRecord): string {
  if (
    receivedAt !== last.receivedAt ||
    subject !== last.subject ||
    kind !== last.kind ||
    generation !== last.generation
  ) {
    const text = `{"schema_version":1,"kind":"${kind}","received_at":"${wireTime(receivedAt)}","subject":${quotedSubject(subject)},"generation":"${generation}","size":`;
    // Not the pieces it was put together of, but one text.
    last = { receivedAt, subject, kind, generation, text: Buffer.from(text).toString() };
  }
  return last.text;
}

let last = { receivedAt: Number.NaN, subject: '', kind: '', generation: '', text: '' };

/** A bus has few subjects, and quoting one costs as much as the rest of the envelope. */
const QUOTED = new Map<string, string>();
const MOST_QUOTED = 1000;
const LONGEST_QUOTED = 200;

function quotedSubject(subject: string): string {
  const known = QUOTED.get(subject);
  if (known !== undefined) return known;
  const quoted = JSON.stringify(subject);
  if (subject.length <= LONGEST_QUOTED) {
    if (QUOTED.size >= MOST_QUOTED) QUOTED.clear();
    QUOTED.set(subject, quoted);
  }
  return quoted;
}

function pairDocument(pair: PairNote): object {
  return {
    latency_ms: pair.latencyMs ?? null,
    since_routed_ms: pair.sinceRoutedMs ?? null,
    nth: pair.nth,
    late: pair.late,
    stages: pair.stages ?? null,
  };
}

function lintDocument({ valid, shallow, full }: LintNote): object {
  return { valid, shallow, full };
}

export function gapDocument(gap: GapRecord): object {
  return {
    schema_version: 1,
    kind: 'gap',
    reason: gap.reason,
    from: wireTime(gap.from),
    to: wireTime(gap.to),
    missed: gap.missed ?? null,
    missed_at_least: gap.missed ?? gap.atLeast ?? null,
    detail: gap.detail ?? null,
  };
}

function orphanDocument(orphan: OrphanRecord): object {
  return {
    schema_version: 1,
    kind: 'orphan',
    task_id: orphan.task,
    worker_type: orphan.worker ?? null,
    tier: orphan.tier ?? null,
    goal_id: orphan.goal ?? null,
    sent_at: wireTime(orphan.sentAt),
    waited_ms: Math.round(orphan.waitedMs),
  };
}

export function summaryDocument({ at, final, figures }: SummaryRecord): object {
  const { gaps, pairs } = figures;
  return {
    schema_version: 1,
    kind: 'summary',
    at: wireTime(at),
    final,
    elapsed_ms: Math.round(figures.elapsedMs),
    received: figures.received,
    received_bytes: figures.receivedBytes,
    passed: figures.passed,
    passed_bytes: figures.passedBytes,
    undecided: figures.undecided,
    per_second: figures.perSecond,
    kinds: figures.kinds,
    statuses: figures.statuses,
    workers: figures.workers.map(({ name, count, failed, processing }) => {
      return { name, count, failed, processing_ms: processing ?? null };
    }),
    other_workers: figures.otherWorkers,
    processing_ms: figures.processing ?? null,
    gaps: { count: gaps.count, missed: gaps.missed, unknown: gaps.unknown },
    pairs:
      pairs === undefined
        ? null
        : {
            latency_ms: pairs.latency ?? null,
            duplicates: pairs.duplicates,
            late: pairs.late,
            orphans: pairs.orphans,
            waiting: pairs.waiting,
            forgotten: pairs.forgotten,
          },
    invalid: figures.invalid ?? null,
  };
}
