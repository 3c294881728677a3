import type { Formats } from '../../output-format.ts';
import type { StatusWriter } from '../view.ts';

export const FORMATS = {
  human: async (session) => (await import('./human.ts')).human(session),
  json: async () => (await import('./json.ts')).json,
} satisfies Formats<StatusWriter>;
