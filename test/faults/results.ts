import { readFileSync, writeFileSync } from 'node:fs';
import { inProject } from '../helpers/root.ts';
import type { Course, Growth } from './vitals.ts';

/** What `npm run soak` saw: results.json, of which tools/generate-reliability-doc.mjs makes docs/reliability.md. */
export interface Results {
  readonly uses: readonly string[];
  readonly faults: readonly { readonly name: string; readonly made: string }[];
  readonly cells: readonly {
    readonly use: string;
    readonly fault: string;
    /** The exit code; a signal by its name; `hangs` when it had to be ended. */
    readonly ended: string;
    /** What was not as it should be; empty when nothing was. */
    readonly wrong: string;
    /** What is borne, and falls short; empty when nothing does. */
    readonly short: string;
  }[];
  readonly signals?: {
    readonly rounds: number;
    readonly seed: number;
    readonly ended: Readonly<Record<string, number>>;
  };
  readonly fuzz?: { readonly seed: number; readonly inputs: Readonly<Record<string, number>> };
  readonly steady?: {
    readonly minutes: number;
    readonly seed: number;
    readonly done: Readonly<Record<string, number>>;
    /** What was not as it should be. */
    readonly wrong: readonly string[];
    readonly programs: Readonly<
      Record<string, { readonly mib: Course; readonly handles: Course; readonly inUse?: Growth | undefined }>
    >;
  };
}

const FILE = inProject('test', 'faults', 'results.json');

export function readResults(): Results {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Results;
}

/** Puts what was seen in the place of what stood there. */
export function noteResults(seen: Partial<Results>): void {
  writeFileSync(FILE, `${JSON.stringify({ ...readResults(), ...seen }, null, 2)}\n`);
}
