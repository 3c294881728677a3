import type { Rule } from '../rule.ts';
import { appEntryFile } from './app-entry-file.ts';
import { appExtra } from './app-extra.ts';
import { appIdentity } from './app-identity.ts';
import { backendPath } from './backend-path.ts';
import { badValue } from './bad-value.ts';
import { conditionNever } from './condition-never.ts';
import { conditionRoot } from './condition-root.ts';
import { conditionSyntax } from './condition-syntax.ts';
import { configEmpty } from './config-empty.ts';
import { configKind } from './config-kind.ts';
import { councilAgents } from './council-agents.ts';
import { councilBudget } from './council-budget.ts';
import { dependsOn } from './depends-on.ts';
import { disableComment } from './disable-comment.ts';
import { duplicateKey } from './duplicate-key.ts';
import { fileEncoding } from './file-encoding.ts';
import { fileReadable } from './file-readable.ts';
import { fileRefsWorkspace } from './file-refs-workspace.ts';
import { fileTooLarge } from './file-too-large.ts';
import { foreignWorker } from './foreign-worker.ts';
import { knowledgeSource } from './knowledge-source.ts';
import { literalMapping } from './literal-mapping.ts';
import { mappingPath } from './mapping-path.ts';
import { mappingSource } from './mapping-source.ts';
import { missingKey } from './missing-key.ts';
import { nameDuplicate } from './name-duplicate.ts';
import { nameUnusable } from './name-unusable.ts';
import { nameUnusual } from './name-unusual.ts';
import { nullValue } from './null-value.ts';
import { numberNotFinite } from './number-not-finite.ts';
import { pipelineEmpty } from './pipeline-empty.ts';
import { rateLimitStarves } from './rate-limit-starves.ts';
import { rateLimitUnread } from './rate-limit-unread.ts';
import { scheduleTiming } from './schedule-timing.ts';
import { schemaInvalid } from './schema-invalid.ts';
import { schemaKeyword } from './schema-keyword.ts';
import { schemaNull } from './schema-null.ts';
import { schemaRef } from './schema-ref.ts';
import { schemaRequired } from './schema-required.ts';
import { schemaUnchecked } from './schema-unchecked.ts';
import { selfDependency } from './self-dependency.ts';
import { stageNameDuplicate } from './stage-name-duplicate.ts';
import { stageNamedGoal } from './stage-named-goal.ts';
import { twoQueueGroups } from './two-queue-groups.ts';
import { unknownKey } from './unknown-key.ts';
import { workerUndeclared } from './worker-undeclared.ts';
import { workerUnused } from './worker-unused.ts';
import { wrongType } from './wrong-type.ts';
import { yamlSurprise } from './yaml-surprise.ts';
import { yamlSyntax } from './yaml-syntax.ts';
import { yamlValue } from './yaml-value.ts';

/** In the order of docs/rules.md: what keeps a file from being read, what every kind has, then kind by kind, then between files. */
export const RULES: readonly Rule[] = [
  fileReadable,
  fileTooLarge,
  fileEncoding,
  yamlSyntax,
  yamlValue,
  configEmpty,
  configKind,
  disableComment(() => RULE_IDS),
  missingKey,
  wrongType,
  badValue,
  unknownKey,
  duplicateKey,
  nullValue,
  yamlSurprise,
  numberNotFinite,
  nameUnusable,
  nameUnusual,
  backendPath,
  foreignWorker,
  fileRefsWorkspace,
  knowledgeSource,
  schemaRef,
  schemaNull,
  schemaUnchecked,
  schemaRequired,
  schemaKeyword,
  schemaInvalid,
  stageNameDuplicate,
  stageNamedGoal,
  mappingSource,
  mappingPath,
  literalMapping,
  dependsOn,
  selfDependency,
  conditionSyntax,
  conditionRoot,
  conditionNever,
  pipelineEmpty,
  rateLimitStarves,
  rateLimitUnread,
  scheduleTiming,
  councilAgents,
  councilBudget,
  appIdentity,
  appEntryFile,
  appExtra,
  workerUndeclared,
  workerUnused,
  nameDuplicate,
  twoQueueGroups,
];

export const RULE_IDS: readonly string[] = RULES.map((rule) => rule.id);
