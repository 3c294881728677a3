import type { ValidateFunction } from 'ajv';
import { HeddleError, isOutOfFiles } from '../errors.ts';
import { createGuard, type Guard, trustedMs } from '../time/guard.ts';

/** One way in which a value breaks a schema. */
export interface SchemaProblem {
  /** JSON pointer into the value; '' is the whole. */
  readonly pointer: string;
  readonly problem: string;
  /** The check did not come to its end: the value may be good. */
  readonly undecided?: true;
}

export type SchemaCheck = (value: unknown) => readonly SchemaProblem[];

/** How long one value may take; a pattern in a schema is a regular expression over a stranger's text. */
const PATIENCE_MS = 1000;
/** How long reading the schema itself may take, also on a machine that is busy with other things. */
const READING_MS = 5_000;

/**
 * A full JSON Schema check of a user's own schema (Heddle itself checks the top level only). Formats are not judged: Heddle
 * judges none. A check that takes longer than `patienceMs` is stopped, and that is its answer. Loads ajv, so only for those
 * who ask. Throws input_invalid when the schema is none.
 */
export async function compileJsonSchema(
  schema: Readonly<Record<string, unknown>>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<SchemaCheck> {
  const waitsMs = trustedMs(patienceMs);
  const guard = createGuard(waitsMs);
  const validate = await compiled(schema, what, createGuard(READING_MS));
  return (value) => {
    let found: readonly SchemaProblem[] | undefined;
    try {
      guard(() => {
        found = validate(value) ? [] : (validate.errors ?? []).map(problemOf);
      });
    } catch (cause) {
      if (isOutOfFiles(cause)) throw cause;
      return [undecided(`is nested too deep for ${what}`)];
    }
    return found ?? [undecided(`could not be checked against ${what} within ${waitsMs} ms`)];
  };
}

/** By the newest draft, and by the one before where that alone knows the schema (`items` as a list of schemas). */
async function compiled(
  schema: Readonly<Record<string, unknown>>,
  what: string,
  guard: Guard,
): Promise<ValidateFunction> {
  const options = { strict: false, validateFormats: false, allErrors: true, logger: false } as const;
  const older = typeof schema.$schema === 'string' && !schema.$schema.includes('2020-12');
  const newest = async () => new (await import('ajv/dist/2020.js')).default.default(options);
  const before = async () => new (await import('ajv')).default.default(options);
  let first: unknown;
  let unread = false;
  for (const load of older ? [before, newest] : [newest, before]) {
    const ajv = await load();
    let made: ValidateFunction | undefined;
    try {
      const inTime = guard(() => {
        made = ajv.compile({ ...schema });
      });
      if (made !== undefined) return made;
      if (!inTime) unread = true;
    } catch (cause) {
      if (isOutOfFiles(cause)) throw cause;
      first ??= cause;
    }
  }
  // What came to no end says nothing of the schema.
  if (first === undefined || unread) {
    throw new HeddleError('input_invalid', `${what} could not be read as a JSON Schema within ${READING_MS / 1000} s`);
  }
  const reason = first instanceof Error ? first.message : String(first);
  throw new HeddleError('input_invalid', `${what} is no JSON Schema: ${reason}`, {
    remedy: { do: 'validate-config', why: 'schema' },
    cause: first,
  });
}

function undecided(problem: string): SchemaProblem {
  return { pointer: '', problem, undecided: true };
}

function problemOf(error: AjvError & { readonly instancePath: string }): SchemaProblem {
  return { pointer: error.instancePath, problem: wordsOf(error) };
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
