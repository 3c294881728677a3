import { wireTime } from '../contract/wire-time.ts';
import type { Letter } from '../letters/letter.ts';
import type { Group } from './groups.ts';
import { type Coverage, isComplete } from './scan.ts';
import type { Standing } from './standing.ts';

/** A letter as machine formats show it, without the message itself. */
export function letterDocument(letter: Letter, standing: Standing | undefined): Readonly<Record<string, unknown>> {
  const { id, kind, cause, reason, worker, tier, place, goal, at, fingerprint, subject, bytes } = letter;
  return {
    id,
    group: fingerprint,
    kind,
    cause,
    reason,
    worker: worker ?? null,
    tier: tier ?? null,
    place: place === '' ? null : place,
    task_id: idInWords(letter),
    goal: goal ?? null,
    at: wireTime(at),
    subject,
    size: bytes.length,
    ...(standing !== undefined && {
      state: standing.state,
      returns: standing.returns,
      sent_at: standing.sentAt === undefined ? null : wireTime(standing.sentAt),
    }),
  };
}

/** Text as it is, anything else as the characters of its JSON. */
export function idInWords({ workId }: Letter): string | null {
  if (workId === undefined) return null;
  if (!workId.startsWith('"')) return workId;
  const text: unknown = JSON.parse(workId);
  return typeof text === 'string' ? text : workId;
}

/** A group of them. */
export function groupDocument(group: Group) {
  const { fingerprint, kind, cause, worker, place, reason, count, firstAt, lastAt, returned, samples } = group;
  return {
    group: fingerprint,
    kind,
    cause,
    worker: worker ?? null,
    place: place === '' ? null : place,
    reason,
    count,
    returned,
    first_at: wireTime(firstAt),
    last_at: wireTime(lastAt),
    samples,
  };
}

/** What an answer cannot know, as a machine reads it: part of every one. */
export function coverageDocument(coverage: Coverage) {
  const { firstAt, evicted, gaps, strange, lost, unread } = coverage;
  return {
    complete: isComplete(coverage),
    not_read: unread.map(({ name, count }) => ({ stream: name, messages_at_most: count })),
    first_kept_at: firstAt === undefined ? null : wireTime(firstAt),
    gone: evicted.map(({ name, count }) => ({ stream: name, messages: count })),
    gaps: gaps.map(({ reason, from, to, missed }) => ({
      reason,
      from: wireTime(from),
      to: wireTime(to),
      missed: missed ?? null,
    })),
    unreadable_records: strange,
    lost_while_reading: lost,
  };
}
