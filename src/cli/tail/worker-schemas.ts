import { compileJsonSchema } from '../../config/json-schema.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { showProblem } from '../../config/views/view.ts';
import { readWorkerConfig } from '../../config/views/worker.ts';
import { HeddleError } from '../../errors.ts';
import { createGuard, PATIENCE_MS } from '../../tail/guard.ts';
import type { SchemaPair, WorkerSchemas } from '../../tail/lint.ts';

/** The schemas of the workers that `--config` names, by worker type. */
export async function loadWorkerSchemas(
  paths: readonly string[],
  resolve: (path: string) => string,
): Promise<Map<string, WorkerSchemas>> {
  const workers = new Map<string, WorkerSchemas>();
  for (const path of paths) {
    const read = readWorkerConfig(readConfigFile(resolve(path), path));
    if (!read.ok) {
      throw new HeddleError('input_unreadable', read.problems.map(showProblem).join('\n'), {
        hint: `Look at the whole file with: heddle-ts validate ${path}`,
      });
    }
    const { name, inputSchema, outputSchema } = read.value;
    workers.set(name, {
      input: await pairOf(inputSchema, `input_schema of ${name}`),
      output: await pairOf(outputSchema, `output_schema of ${name}`),
    });
  }
  return workers;
}

async function pairOf(
  schema: Readonly<Record<string, unknown>> | undefined,
  what: string,
): Promise<SchemaPair | undefined> {
  if (schema === undefined) return undefined;
  const check = await compileJsonSchema(schema, what);
  // A pattern in a schema is a regular expression over a stranger's text, and a schema may nest for ever.
  const guard = createGuard();
  const tooLong = [{ pointer: '', problem: `could not be checked against ${what} within ${PATIENCE_MS} ms` }];
  return {
    schema: { ...schema },
    check: (value) => {
      let found: ReturnType<typeof check> = tooLong;
      try {
        guard(() => {
          found = check(value);
        });
      } catch {
        return [{ pointer: '', problem: `is nested too deep for ${what}` }];
      }
      return found;
    },
  };
}
