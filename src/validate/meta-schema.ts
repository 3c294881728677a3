import { quote } from '../config/describe.ts';
import { validate } from './generated/meta-schema.ts';

export interface SchemaError {
  /** Keys and indexes from the top of the schema. */
  readonly at: readonly string[];
  /** Reads on from the name of the place. */
  readonly message: string;
}

interface AjvError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

type Validator = ((data: unknown) => boolean) & { errors?: AjvError[] | null };

const TYPES = 'array, boolean, integer, null, number, object or string';

/** Where a schema breaks the meta-schema of JSON Schema 2020-12; one message for each place. */
export function metaSchemaErrors(schema: unknown): SchemaError[] {
  const check = validate as Validator;
  if (check(schema)) return [];
  const found = new Map<string, SchemaError>();
  for (const error of check.errors ?? []) {
    if (found.has(error.instancePath)) continue;
    const at = error.instancePath.split('/').slice(1).map(unescaped);
    found.set(error.instancePath, { at, message: messageOf(error, at) });
  }
  return [...found.values()];
}

function messageOf({ keyword, params, message }: AjvError, at: readonly string[]): string {
  if (at.at(-1) === 'type') return `must be ${TYPES}, or a list of them`;
  switch (keyword) {
    case 'type':
      return `must be of type ${[params.type].flat().join(' or ')}`;
    case 'enum':
      return `must be one of ${(params.allowedValues as unknown[]).map((value) => quote(String(value))).join(', ')}`;
    default:
      return message ?? 'is not allowed there';
  }
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
