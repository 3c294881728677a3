import type { Formats } from '../../output-format.ts';
import type { MakeRenderer } from '../show/renderer.ts';

export const FORMATS = {
  human: async (session) => (await import('./human.ts')).human(session),
  ndjson: async () => (await import('./ndjson.ts')).ndjson,
} satisfies Formats<MakeRenderer>;
