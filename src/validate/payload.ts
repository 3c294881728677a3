import type { ConfigDocument } from '../config/document.ts';
import { entryOf, type MapNode } from '../config/node.ts';
import { contractOf, toPlain } from '../config/plain.ts';
import { readJson } from '../contract/decode-json.ts';
import { rawIntegers } from '../contract/raw-integers.ts';
import { checkShallow, type ShallowSide } from '../contract/shallow-check.ts';
import { HeddleError, isHeddleError } from '../errors.ts';
import { isRecursive } from './user-schemas.ts';

/** Whether a payload passes, and why not. */
export interface Verdict {
  readonly valid: boolean;
  readonly errors: readonly string[];
}

/** By JSON Schema; null when a check came to no end. */
export interface SchemaVerdict {
  readonly valid: boolean | null;
  readonly errors: readonly string[];
}

/** A payload judged twice: as a running actor does it, and as JSON Schema has it. */
export interface PayloadVerdicts {
  readonly side: ShallowSide;
  /** False when the config has no schema for this side: everything passes. */
  readonly schema: boolean;
  readonly heddle: Verdict;
  readonly json_schema: SchemaVerdict;
}

export async function judgePayload(
  document: ConfigDocument,
  payload: Uint8Array,
  side: ShallowSide,
): Promise<PayloadVerdicts> {
  const schema = schemaOf(document, `${side}_schema`);
  const read = readJson(payload);
  if (!read.ok) {
    const verdict = { valid: false, errors: [`the payload cannot be read: ${read.detail}`] };
    return { side, schema: schema !== undefined, heddle: verdict, json_schema: verdict };
  }
  if (schema === undefined) {
    const passes = { valid: true, errors: [] };
    return { side, schema: false, heddle: passes, json_schema: passes };
  }
  const isIntegerText = rawIntegers(`{"payload":${read.text}}`, 'payload');
  const errors = checkShallow(read.value, contractOf(schema), side, isIntegerText);
  return {
    side,
    schema: true,
    heddle: { valid: errors.length === 0, errors },
    json_schema: await fullVerdict(toPlain(schema) as Record<string, unknown>, read.value),
  };
}

function schemaOf(document: ConfigDocument, key: string): MapNode | undefined {
  const [problem] = document.problems;
  if (problem !== undefined) {
    const { line, column } = document.position(problem.offset);
    throw new HeddleError('input_invalid', `${document.path}:${line}:${column}: ${problem.message}`, {
      remedy: { do: 'validate-config', why: 'no-verdict', file: document.path },
    });
  }
  const entry = entryOf(document.root, key);
  if (entry === undefined) return undefined;
  if (entry.value.kind !== 'map' || isRecursive(entry.value)) {
    throw new HeddleError('input_invalid', `${document.path}: '${key}' is no JSON Schema`, {
      remedy: { do: 'validate-config', why: 'no-verdict', file: document.path },
    });
  }
  return entry.value;
}

const MOST_ERRORS = 100;

async function fullVerdict(schema: Readonly<Record<string, unknown>>, payload: unknown): Promise<SchemaVerdict> {
  // Loading it costs as much as a small command: only a payload needs it.
  const { compileJsonSchema } = await import('../config/json-schema.ts');
  try {
    const check = await compileJsonSchema(schema, 'the schema');
    const errors = check(payload).slice(0, MOST_ERRORS);
    return {
      valid: errors.length === 0 ? true : errors.some(({ undecided }) => undecided) ? null : false,
      errors: errors.map(({ pointer, problem }) => `${pointer || '/'}: ${problem}`),
    };
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    return { valid: false, errors: [`the schema itself is not valid: ${error.message.replace(NO_SCHEMA, '')}`] };
  }
}

const NO_SCHEMA = 'the schema is no JSON Schema: ';
