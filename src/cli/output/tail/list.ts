import { writeEnvelope } from '../../../tail/envelope.ts';
import type { Guard } from '../../../tail/guard.ts';
import type { Session } from '../../session.ts';
import type { ShowRequest } from '../../tail/request.ts';
import type { TailRenderer } from './renderer.ts';

type Make = (session: Session, show: ShowRequest, guard: (() => Guard) | undefined) => Promise<TailRenderer>;

/** By the format's name; only what this run shows is loaded. */
const FORMATS: Readonly<Record<string, Make>> = {
  human: async (session, show, guard) => {
    const { humanRenderer } = await import('./human.ts');
    return await humanRenderer(session, show, guard);
  },
  ndjson: async () => writeEnvelope,
};

export async function rendererOf(
  session: Session,
  show: ShowRequest,
  guard: (() => Guard) | undefined,
): Promise<TailRenderer> {
  return await (FORMATS[session.format] ?? (FORMATS.human as Make))(session, show, guard);
}
