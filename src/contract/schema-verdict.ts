import * as generated from './generated/schema-validators.ts';
import { type Issue, NO_ISSUES, pointerToken } from './json.ts';

/**
 * The verdict of schemas/v1: what generation B writes, by JSON Schema 2020-12. It is stricter than Heddle's own models
 * (heddle-verdict.ts): no epoch numbers as times, no digits in text as counts, `reload` as the only control action. `format`
 * is an annotation here, as the standard has it: whether a text is a time that Heddle reads, only Heddle's verdict says.
 */
export const SCHEMA_NAMES = [
  'task_message',
  'task_result',
  'orchestrator_goal',
  'checkpoint_state',
  'dead_letter',
  'control',
] as const;
/** The schemas of the wire, as the files in schemas/v1 are called. */
export type SchemaName = (typeof SCHEMA_NAMES)[number];

interface GeneratedValidator {
  (value: unknown): boolean;
  errors?: readonly GeneratedError[] | null;
}

interface GeneratedError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** What a JSON Schema of the wire finds wrong in a value; stricter than Heddle, which converts and leaves out. */
export function checkSchema(name: SchemaName, value: unknown): readonly Issue[] {
  const validator = (generated as unknown as Record<SchemaName, GeneratedValidator>)[name];
  if (validator(value)) return NO_ISSUES;
  return (validator.errors ?? []).map(toIssue);
}

function toIssue(error: GeneratedError): Issue {
  const missing = error.params.missingProperty;
  if (error.keyword === 'required' && typeof missing === 'string') {
    return { pointer: `${error.instancePath}/${pointerToken(missing)}`, problem: 'required, and absent' };
  }
  const allowed = error.params.allowedValues ?? (error.keyword === 'const' ? [error.params.allowedValue] : undefined);
  const listed = Array.isArray(allowed) ? `: ${allowed.map((word) => JSON.stringify(word)).join(', ')}` : '';
  return { pointer: error.instancePath, problem: `${error.message ?? error.keyword}${listed}` };
}
