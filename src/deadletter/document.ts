import { wireTime } from '../contract/wire-time.ts';
import type { Letter } from '../letters/letter.ts';
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
