import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds at one moment, as the system tells it. */
export interface Vitals {
  readonly rssMib: number;
  /** Open files, sockets and pipes. */
  readonly handles: number;
}

/** Undefined where the system does not tell (not Linux), or when the process is gone. */
export function vitalsOf(pid: number): Vitals | undefined {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined
      ? undefined
      : { rssMib: Number(kib) / 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

export interface Growth {
  readonly early: number;
  readonly late: number;
}

/** How what was measured went on: the second quarter of the time against the last, so that no beginning is taken for growth. */
export interface Course extends Growth {
  readonly most: number;
}

export function courseOf(values: readonly number[]): Course {
  const quarter = Math.floor(values.length / 4);
  return {
    early: median(values.slice(quarter, 2 * quarter)),
    late: median(values.slice(-Math.max(quarter, 1))),
    most: Math.max(...values),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
