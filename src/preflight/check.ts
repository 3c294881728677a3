import type { Advice } from '../remedy.ts';
import type { Probe } from './probe.ts';

export type Group = 'settings' | 'connection' | 'permissions' | 'tiers' | 'config' | 'bus' | 'smoke';

/** In the order of display. */
export const GROUPS: readonly Group[] = ['settings', 'connection', 'permissions', 'tiers', 'config', 'bus', 'smoke'];

/** `required`: its failure fails the run. `advisory`: its failure is a warning. */
export type Level = 'required' | 'advisory';

/** One thing that must hold. A check is data in checks/list.ts; the engine knows none of them by name. */
export interface Check {
  /** Stable: scripts, dashboards and those who ignore it name it. */
  readonly id: string;
  readonly group: Group;
  /** A sentence that is true when the check passes. */
  readonly title: string;
  readonly level: Level;
  /** Checks that must not have failed before; a failed or skipped one skips this one. */
  readonly needs?: readonly string[];
  /** Left out of the run where nobody asked for it. Default: always part of it. */
  applies?(probe: Probe): boolean;
  run(probe: Probe, signal: AbortSignal): Outcome | Promise<Outcome>;
}

export type Outcome =
  | { readonly status: 'passed'; readonly detail?: string | undefined }
  | { readonly status: 'failed'; readonly findings: readonly Finding[] }
  | { readonly status: 'skipped'; readonly reason: string };

/** One thing that does not hold. A check over several files or workers has one for each. */
export interface Finding extends Advice {
  /** What it is about: a file, a worker, an address; who ignores it alone names it. */
  readonly target?: string | undefined;
  readonly problem: string;
  /** When it differs from the check's own. */
  readonly level?: Level | undefined;
  /** The ErrorCode behind it, where there is one. */
  readonly code?: string | undefined;
}

export const passed = (detail?: string): Outcome => ({ status: 'passed', detail });
export const skipped = (reason: string): Outcome => ({ status: 'skipped', reason });
export const failed = (...findings: readonly Finding[]): Outcome => ({ status: 'failed', findings });

/** Failed when there are findings, passed when there are none. */
export function verdictOn(findings: readonly Finding[], detail?: string): Outcome {
  return findings.length === 0 ? passed(detail) : failed(...findings);
}
