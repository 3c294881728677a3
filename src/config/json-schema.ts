import { HeddleError } from '../errors.ts';

/** One way in which a value breaks a schema. */
export interface SchemaProblem {
  /** JSON pointer into the value; '' is the whole. */
  readonly pointer: string;
  readonly problem: string;
}

export type SchemaCheck = (value: unknown) => readonly SchemaProblem[];

/**
 * A full JSON Schema check of a user's own schema (Heddle itself checks the top level only). Formats are not judged: Heddle
 * judges none. Loads ajv, so only for those who ask. Throws input_invalid when the schema is none.
 */
export async function compileJsonSchema(schema: Readonly<Record<string, unknown>>, what: string): Promise<SchemaCheck> {
  const options = { strict: false, validateFormats: false, allErrors: true, logger: false } as const;
  const newer = typeof schema.$schema === 'string' && schema.$schema.includes('2020-12');
  const { default: module } = newer ? await import('ajv/dist/2020.js') : await import('ajv');
  try {
    const validate = new module.default(options).compile({ ...schema });
    return (value) => {
      if (validate(value)) return [];
      return (validate.errors ?? []).map((error) => ({
        pointer: error.instancePath,
        problem: wordsOf(error),
      }));
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('input_invalid', `${what} is no JSON Schema: ${reason}`, {
      remedy: { do: 'validate-config', why: 'schema' },
      cause,
    });
  }
}

interface AjvError {
  readonly keyword: string;
  readonly message?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** ajv's words, with the value that they leave out. */
function wordsOf({ keyword, message = keyword, params }: AjvError): string {
  if (keyword === 'additionalProperties') return `${message} (${JSON.stringify(params.additionalProperty)})`;
  if (keyword === 'enum') return `${message} (${JSON.stringify(params.allowedValues)})`;
  if (keyword === 'const') return `${message} (${JSON.stringify(params.allowedValue)})`;
  return message;
}
