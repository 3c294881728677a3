import { MODEL_TIERS, type ModelTier } from '../../../contract/messages.ts';
import { partProblem } from '../../../contract/subjects.ts';
import { isString } from '../../node.ts';
import type { Section } from '../section.ts';
import { type Mapped, mappedAt } from './mapping.ts';

/** What work is made of what came in, and to whom it goes. */
export type WorkTarget =
  | { readonly to: 'goal'; readonly instruction: Mapped; readonly context: Mapped }
  | {
      readonly to: 'task';
      readonly workerType: string;
      readonly tier: ModelTier | undefined;
      readonly payload: Mapped;
      readonly metadata: Mapped | undefined;
    };

/** What can be referred to, and what stands where nothing is said. */
export interface TargetDefaults {
  readonly roots: readonly string[];
  readonly instruction: Mapped;
  readonly context: Mapped;
  readonly payload: Mapped;
}

export function workTargetOf(section: Section, defaults: TargetDefaults): WorkTarget | undefined {
  const to = section.choice('to', ['goal', 'task']) ?? (section.map.entries.has('to') ? undefined : 'goal');
  if (to === undefined) return undefined;
  const { roots } = defaults;
  if (to === 'goal') {
    return {
      to,
      instruction: mapped(section, 'instruction', 'text', roots) ?? defaults.instruction,
      context: mapped(section, 'context', 'object', roots) ?? defaults.context,
    };
  }
  const workerType = section.neededText('worker_type');
  const node = section.map.entries.get('worker_type')?.value;
  const problem = workerType === undefined ? undefined : partProblem(workerType);
  if (problem !== undefined && node !== undefined) {
    section.bad('worker_type', node, `cannot be part of a subject: it ${problem}`);
  }
  return {
    to,
    workerType: workerType ?? '',
    tier: section.choice('tier', MODEL_TIERS),
    payload: mapped(section, 'payload', 'object', roots) ?? defaults.payload,
    metadata: mapped(section, 'metadata', 'object', roots),
  };
}

function mapped(section: Section, key: string, must: 'text' | 'object', roots: readonly string[]): Mapped | undefined {
  const node = section.node(key);
  if (node === undefined) return undefined;
  if (must === 'text' && !isString(node)) return section.wrong(key, node, 'text');
  if (must === 'object' && node.kind !== 'map') return section.wrong(key, node, 'a mapping');
  return mappedAt(section, key, node, roots);
}
