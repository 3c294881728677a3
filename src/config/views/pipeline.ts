import { MODEL_TIERS, type ModelTier } from '../../contract/messages.ts';
import type { ConfigDocument } from '../document.ts';
import { entryOf, isInteger, isString, keyText, type MapNode } from '../node.ts';
import { type ConfigResult, View } from './view.ts';
import { schemaOf } from './worker.ts';

export interface PipelineStage {
  readonly name: string;
  readonly workerType: string;
  /** local when the file does not say. */
  readonly tier: ModelTier;
  /** Payload field to a dotted path (`goal.context.x`, `stage.output.y`) or a literal in single quotes. */
  readonly inputMapping: ReadonlyMap<string, string>;
  /** Absent: inferred from the mapping. */
  readonly dependsOn: readonly string[] | undefined;
  readonly condition: string | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly maxRetries: number;
  readonly inputSchema: Readonly<Record<string, unknown>> | undefined;
  readonly outputSchema: Readonly<Record<string, unknown>> | undefined;
}

export interface PipelineConfig {
  readonly name: string;
  readonly timeoutSeconds: number | undefined;
  readonly stages: readonly PipelineStage[];
}

export function readPipelineConfig(document: ConfigDocument): ConfigResult<PipelineConfig> {
  const view = new View(document);
  const root = view.root();
  if (root === undefined) return view.failed();
  const stages: PipelineStage[] = [];
  const list = entryOf(root, 'pipeline_stages')?.value;
  if (list?.kind !== 'seq') view.reject(list ?? root, "'pipeline_stages' must be a list");
  else {
    for (const item of list.items) {
      if (item.kind === 'map') stages.push(stageOf(view, item));
      else view.reject(item, 'a stage must be a mapping');
    }
  }
  return view.done({
    name: view.requiredText(root, 'name'),
    timeoutSeconds: view.positive(root, 'timeout_seconds'),
    stages,
  });
}

function stageOf(view: View, stage: MapNode): PipelineStage {
  const inputMapping = new Map<string, string>();
  for (const { key, value } of view.map(stage, 'input_mapping')?.entries.values() ?? []) {
    if (isString(value)) inputMapping.set(keyText(key), value.value);
    else view.reject(value, `the source of '${keyText(key)}' must be a string`);
  }
  const depends = entryOf(stage, 'depends_on')?.value;
  const dependsOn = depends?.kind === 'seq' ? depends.items.filter(isString).map((item) => item.value) : undefined;
  if (depends !== undefined && (depends.kind !== 'seq' || dependsOn?.length !== depends.items.length)) {
    view.reject(depends, "'depends_on' must be a list of stage names");
  }
  const retries = entryOf(stage, 'max_retries')?.value;
  if (retries !== undefined && !(isInteger(retries) && retries.value >= 0)) {
    view.reject(retries, "'max_retries' must be an integer of 0 or more");
  }
  return {
    name: view.requiredText(stage, 'name'),
    workerType: view.requiredText(stage, 'worker_type'),
    tier: view.choice(stage, 'tier', MODEL_TIERS) ?? 'local',
    inputMapping,
    dependsOn,
    condition: view.text(stage, 'condition'),
    timeoutSeconds: view.positive(stage, 'timeout_seconds'),
    maxRetries: isInteger(retries) ? Number(retries.value) : 0,
    inputSchema: schemaOf(view, stage, 'input_schema'),
    outputSchema: schemaOf(view, stage, 'output_schema'),
  };
}
