import type { Counts, FileResult } from '../../../validate/engine.ts';
import type { Severity } from '../../../validate/rule.ts';
import type { Session } from '../../session.ts';
import { human } from './human.ts';
import type { FormatName } from './names.ts';

/** What a format is given: everything that is known, the decision about the exit code included. */
export interface Results {
  readonly files: readonly FileResult[];
  readonly counts: Counts & { readonly files: number; readonly invalid: number };
  readonly failOn: Severity;
  readonly ok: boolean;
}

/** Writes the results to stdout, all at once. */
export type Format = (session: Session, results: Results) => void;

export const FORMATS: Readonly<Record<FormatName, () => Promise<Format>>> = {
  human: async () => human,
  short: async () => (await import('./short.ts')).short,
  json: async () => (await import('./json.ts')).json,
  junit: async () => (await import('./junit.ts')).junit,
  sarif: async () => (await import('./sarif.ts')).sarif,
  github: async () => (await import('./github.ts')).github,
};
