import type { Session } from '../../session.ts';
import type { SubmitRenderer } from './renderer.ts';

/** By the format's name; only the one asked for is loaded. */
const RENDERERS: Readonly<Record<string, (session: Session) => Promise<SubmitRenderer>>> = {
  human: async (session) => (await import('./human.ts')).humanRenderer(session),
  json: async (session) => (await import('./json.ts')).jsonRenderer(session),
};

export function submitRenderer(session: Session): Promise<SubmitRenderer> {
  return (RENDERERS[session.format] ?? RENDERERS.human!)(session);
}
