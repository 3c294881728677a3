import type { Rule } from '../rule.ts';
import { APP_RULES } from './app.ts';
import { BETWEEN_FILES_RULES } from './between-files.ts';
import { CONDITION_RULES } from './conditions.ts';
import { COUNCIL_RULES } from './council.ts';
import { DEPENDENCY_RULES } from './dependencies.ts';
import { disableComment } from './disable-comment.ts';
import { FILE_RULES } from './file.ts';
import { GATEWAY_RULES } from './gateway.ts';
import { KEY_RULES } from './keys.ts';
import { MAPPING_RULES } from './mappings.ts';
import { NAME_RULES } from './names.ts';
import { ROUTER_RULES } from './router.ts';
import { scheduleTiming } from './schedule-timing.ts';
import { SCHEMA_IN_HEDDLE_RULES } from './schema-in-heddle.ts';
import { SCHEMA_IN_ITSELF_RULES } from './schema-in-itself.ts';
import { SHAPE_RULES } from './shape.ts';
import { pipelineEmpty, STAGE_RULES } from './stages.ts';
import { SURPRISE_RULES } from './surprises.ts';
import { WORKER_RULES } from './worker.ts';

/** In the order of docs/rules.md: what keeps a file from being read, what every kind has, then kind by kind, then between files. */
export const RULES: readonly Rule[] = [
  ...FILE_RULES,
  disableComment(() => RULE_IDS),
  ...SHAPE_RULES,
  ...KEY_RULES,
  ...SURPRISE_RULES,
  ...NAME_RULES,
  ...WORKER_RULES,
  ...SCHEMA_IN_HEDDLE_RULES,
  ...SCHEMA_IN_ITSELF_RULES,
  ...STAGE_RULES,
  ...MAPPING_RULES,
  ...DEPENDENCY_RULES,
  ...CONDITION_RULES,
  pipelineEmpty,
  ...ROUTER_RULES,
  scheduleTiming,
  ...COUNCIL_RULES,
  ...APP_RULES,
  ...GATEWAY_RULES,
  ...BETWEEN_FILES_RULES,
];

export const RULE_IDS: readonly string[] = RULES.map((rule) => rule.id);
