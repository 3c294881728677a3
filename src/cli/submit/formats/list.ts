import type { Formats } from '../../output-format.ts';
import type { SubmitWriter } from '../show/renderer.ts';

export const FORMATS = {
  human: async (session) => (await import('./human.ts')).human(session),
  json: async (session) => (await import('./json.ts')).json(session),
} satisfies Formats<SubmitWriter>;
