import { entryOf, isString, type MapNode, type Node } from '../config/node.ts';
import { rememberLast } from './remember.ts';
import { type Stage, type Stages, stagesOf, words } from './stages.ts';

export interface Condition {
  readonly node: Node;
  readonly stage: Stage;
  readonly stages: Stages;
  readonly path: string;
  readonly operator: string;
  readonly value: string;
}

/** The conditions that can be read at all; condition-syntax has the others. */
export const conditionsIn = rememberLast((root: MapNode): readonly Condition[] => {
  const stages = stagesOf(root);
  const found: Condition[] = [];
  for (const stage of stages.all) {
    const node = entryOf(stage.map, 'condition')?.value;
    if (!isString(node)) continue;
    const [path, operator, value, more] = words(node.value);
    if (path === undefined || operator === undefined || value === undefined || more !== undefined) continue;
    if (operator === '==' || operator === '!=') found.push({ node, stage, stages, path, operator, value });
  }
  return found;
});
