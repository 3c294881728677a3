import { type Issue, isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import type { ModelTier, Priority } from '../../contract/messages.ts';
import { rawIntegers } from '../../contract/raw-integers.ts';
import { checkSchema } from '../../contract/schema-verdict.ts';
import { checkShallow } from '../../contract/shallow-check.ts';
import { partProblem } from '../../contract/subjects.ts';
import type { JsonBody } from '../../http/json-body.ts';
import { gatewayProblem } from '../problems.ts';
import type { Work } from './order.ts';

/** Input schemas by worker type, of the worker configs that the gateway was given. */
export type WorkerInputs = ReadonlyMap<string, Readonly<Record<string, unknown>> | undefined>;

/** Made here, because answers find their way by them. */
const MADE_HERE = { task: ['task_id', 'parent_task_id'], goal: ['goal_id'] } as const;
const HERE = 'is made by the gateway: leave it out';

/** A body as work; throws `invalid_message` with everything that is wrong. Members that a message does not have are left out. */
export function readWork(kind: Work['kind'], { value, text }: JsonBody, inputs: WorkerInputs): Work {
  if (!isJsonObject(value)) throw invalid(kind, [{ pointer: '', problem: 'must be a JSON object' }]);
  const issues: Issue[] = [...checkSchema(kind === 'task' ? 'task_message' : 'orchestrator_goal', value)];
  for (const key of MADE_HERE[kind]) {
    if (Object.hasOwn(value, key)) issues.push({ pointer: `/${key}`, problem: HERE });
  }
  if (kind === 'task') issues.push(...taskIssues(value, text, inputs));
  if (issues.length > 0) throw invalid(kind, issues);
  const priority = value.priority as Priority | undefined;
  if (kind === 'goal') {
    return {
      kind,
      instruction: value.instruction as string,
      priority,
      context: rawMember(text, value, 'context') ?? '{}',
    };
  }
  return {
    kind,
    workerType: value.worker_type as string,
    tier: value.model_tier as ModelTier | undefined,
    priority,
    payload: rawMember(text, value, 'payload') ?? '{}',
    metadata: rawMember(text, value, 'metadata'),
  };
}

/** As a worker would judge it. */
export function inputIssues(
  workerType: string,
  payload: unknown,
  text: string,
  inputs: WorkerInputs,
): readonly Issue[] {
  const schema = inputs.get(workerType);
  if (schema === undefined) return [];
  return checkShallow(payload, schema, 'input', rawIntegers(text, 'payload')).map((problem) => ({
    pointer: '/payload',
    problem,
  }));
}

function taskIssues(value: JsonObject, text: string, inputs: WorkerInputs): Issue[] {
  const { worker_type: workerType, payload } = value;
  if (typeof workerType !== 'string') return [];
  const problem = partProblem(workerType);
  if (problem !== undefined) return [{ pointer: '/worker_type', problem }];
  return isJsonObject(payload) ? [...inputIssues(workerType, payload, text, inputs)] : [];
}

/** As it was written, when it is an object. */
function rawMember(text: string, value: JsonObject, key: string): string | undefined {
  if (!isJsonObject(value[key])) return undefined;
  return rawValue(text, key);
}

export function invalid(kind: Work['kind'], errors: readonly Issue[]) {
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return gatewayProblem('invalid_message', {
    detail: `no such ${kind} is taken here: ${first?.pointer || 'the body'} ${first?.problem ?? ''}${more}`,
    errors,
  });
}
