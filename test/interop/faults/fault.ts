import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { type BusOptions, type HeddleBus, heddleBus, stages } from '../bus.ts';

/** What an operator runs once the fault is there. */
export interface Run {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** One row of docs/diagnosis.md: a fault, or one form of it. */
export interface Fault {
  /** 1 to 40; forms of one fault share it. */
  readonly number: number;
  readonly fault: string;
  /** How it is made, for the page. */
  readonly made: string;
  make(world: World): Promise<Run>;
  /** The true cause is in the words. */
  readonly named: RegExp;
  /** And what a person can do about it. */
  readonly remedy: RegExp;
  /** What would be false beside it. */
  readonly never?: RegExp;
  readonly exit: number;
  /** What is not said yet. Such a row is run and shown, and does not fail. */
  readonly open?: string;
  /** stdout is for programs then, and the words are on stderr. */
  readonly results?: true;
  /** Which of two comes first is chance, so the words are not compared with the page's. */
  readonly race?: true;
  /** Only the deadline can tell, or only waiting can; everything else is named within 3 s. */
  readonly withinMs?: number;
  readonly linux?: true;
}

/** A folder and a home of the fault's own, and ways to put a bus there. */
export interface World {
  readonly t: TestContext;
  readonly folder: string;
  write(name: string, text: string | Uint8Array): void;
  /** A server, and nobody on it. */
  bus(options?: BusOptions): Promise<HeddleBus>;
  /** Heddle's router, an echo worker, a pipeline over it, and somebody who keeps dead letters. */
  healthy(options?: BusOptions & { rules?: string; without?: readonly Part[] }): Promise<HeddleBus>;
}

export type Part = 'router' | 'echo' | 'pipeline' | 'dead letters';

/** Where the program finds no NATS context of the tester's. */
export const HOME = 'home';

export function worldFor(t: TestContext): World {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-interop-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, HOME));
  return {
    t,
    folder,
    write(name, text) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
    bus: (options) => heddleBus(t, folder, options),
    async healthy({ rules, without = [], ...options } = {}) {
      const bus = await heddleBus(t, folder, options);
      const parts: Record<Part, () => Promise<unknown>> = {
        router: () => bus.router(rules),
        echo: () => bus.processor('echo'),
        pipeline: () => bus.pipeline('digest', stages('echo')),
        'dead letters': () => bus.deadLetters(),
      };
      const wanted = (Object.keys(parts) as Part[]).filter((part) => !without.includes(part));
      await Promise.all(wanted.map((part) => parts[part]()));
      return bus;
    },
  };
}

/** The short form: what is wrong, and nothing else. */
export function preflight(url: string, ...argv: readonly string[]): Run {
  // A busy machine is not the fault that is made.
  return { argv: ['preflight', '-o', 'short', '--rtt-warn', '30s', ...argv], env: { NATS_URL: url } };
}

export function submit(url: string, ...argv: readonly string[]): Run {
  return { argv: ['submit', ...argv], env: { NATS_URL: url } };
}
