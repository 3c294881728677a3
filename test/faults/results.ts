import type { Course } from './vitals.ts';

/** What a whole `npm run soak` saw: results.json, of which tools/generate-reliability-doc.mjs makes docs/reliability.md. */
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
  readonly fuzz?: readonly { readonly parser: string; readonly inputs: number; readonly seed: number }[];
  readonly steady?: {
    readonly minutes: number;
    readonly seed: number;
    readonly done: Readonly<Record<string, number>>;
    readonly programs: Readonly<Record<string, { readonly mib: Course; readonly handles: Course }>>;
  };
}
