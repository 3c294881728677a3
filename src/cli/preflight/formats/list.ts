import type { Formats } from '../../output-format.ts';
import type { ReportWriter } from '../writer.ts';

export const FORMATS = {
  human: async (session) => (await import('./human.ts')).human(session),
  short: async (session) => (await import('./short.ts')).short(session),
  json: async () => (await import('./json.ts')).json,
  junit: async () => (await import('./junit.ts')).junit,
  nagios: async () => (await import('./nagios.ts')).nagios,
  prometheus: async () => (await import('./prometheus.ts')).prometheus,
} satisfies Formats<ReportWriter>;

export type ReportFormat = keyof typeof FORMATS;
