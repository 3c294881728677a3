import type { Formats } from '../../output-format.ts';
import type { ResultsWriter } from '../results.ts';

export const FORMATS = {
  human: async () => (await import('./human.ts')).human,
  short: async () => (await import('./short.ts')).short,
  json: async () => (await import('./json.ts')).json,
  junit: async () => (await import('./junit.ts')).junit,
  sarif: async () => (await import('./sarif.ts')).sarif,
  github: async () => (await import('./github.ts')).github,
} satisfies Formats<ResultsWriter>;

export type ValidateFormat = keyof typeof FORMATS;
