import { describeIssues, type Issue, type JsonObject } from '../contract/json.ts';
import { rawIntegers } from '../contract/raw-integers.ts';
import type { DecodedMessage, MessageKind } from '../contract/read-message.ts';
import { checkSchema, type SchemaName } from '../contract/schema-verdict.ts';
import { checkShallow, type ShallowSide } from '../contract/shallow-check.ts';

/** The two verdicts on one message: what Heddle itself looks at, and what the schemas say in full. */
export interface LintNote {
  /** Both lists are empty. */
  readonly valid: boolean;
  /** Heddle's own: its models, and the top level of the worker's schema. */
  readonly shallow: readonly string[];
  /** The wire schema, and the worker's schema to its depth. */
  readonly full: readonly string[];
}

/** The schemas of one worker, ready to use. */
export interface WorkerSchemas {
  readonly input: SchemaPair | undefined;
  readonly output: SchemaPair | undefined;
}

export interface SchemaPair {
  /** For Heddle's shallow check. */
  readonly schema: JsonObject;
  readonly check: (value: unknown) => readonly Issue[];
}

/** What is wrong with a message although Heddle takes it. */
export type Lint = (decoded: DecodedMessage) => LintNote;

const SCHEMAS: Record<MessageKind, SchemaName> = {
  task: 'task_message',
  result: 'task_result',
  goal: 'orchestrator_goal',
  dead_letter: 'dead_letter',
  control: 'control',
};

/** `workers` by worker type. */
export function createLint(workers: ReadonlyMap<string, WorkerSchemas>): Lint {
  return (decoded) => {
    const shallow: string[] = [];
    const full: string[] = [];
    if (decoded.kind === 'unknown') {
      shallow.push(decoded.detail);
      // Not readable at all, or of nobody's subject: no schema applies.
      if (decoded.expected === undefined || decoded.value === undefined) full.push(decoded.detail);
      else full.push(...said(checkSchema(SCHEMAS[decoded.expected], decoded.value)));
      return verdict(shallow, full);
    }
    // Generation C is read in the names of B; what it leaves out there is no fault.
    const body = decoded.generation === 'C' ? decoded.view : decoded.value;
    full.push(...said(checkSchema(SCHEMAS[decoded.kind], body)));
    if (decoded.kind === 'task') {
      const schemas = workers.get(decoded.view.worker_type)?.input;
      check(schemas, decoded.view.payload, 'input', decoded.text, 'payload', shallow, full);
    } else if (decoded.kind === 'result' && decoded.view.status === 'completed') {
      const schemas = workers.get(decoded.view.worker_type)?.output;
      check(schemas, decoded.view.output, 'output', decoded.text, 'output', shallow, full);
    }
    return verdict(shallow, full);
  };
}

function check(
  schemas: SchemaPair | undefined,
  value: unknown,
  side: ShallowSide,
  text: string,
  member: string,
  shallow: string[],
  full: string[],
): void {
  if (schemas === undefined) return;
  shallow.push(...checkShallow(value, schemas.schema, side, rawIntegers(text, member)));
  full.push(...said(schemas.check(value)).map((each) => `${side}: ${each}`));
}

/** Issues of one message, few and short whatever it holds. */
function said(issues: readonly Issue[]): string[] {
  const shown = issues.slice(0, MOST_SHOWN).map((issue) => describeIssues([issue]));
  return issues.length > MOST_SHOWN ? [...shown, `and ${issues.length - MOST_SHOWN} more`] : shown;
}

const MOST_SHOWN = 10;

function verdict(shallow: readonly string[], full: readonly string[]): LintNote {
  return { valid: shallow.length === 0 && full.length === 0, shallow, full };
}
