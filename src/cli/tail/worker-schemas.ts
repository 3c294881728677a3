import { compileJsonSchema } from '../../config/json-schema.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { showProblem } from '../../config/views/view.ts';
import { readWorkerConfig } from '../../config/views/worker.ts';
import { HeddleError } from '../../errors.ts';
import type { SchemaPair, WorkerSchemas } from '../../tail/lint.ts';
import { PATIENCE_MS } from '../../time/guard.ts';
import { shownPath } from '../settings/files.ts';

/** The schemas of the workers that `--config` names, by worker type. */
export async function loadWorkerSchemas(
  paths: readonly string[],
  resolve: (path: string) => string,
): Promise<Map<string, WorkerSchemas>> {
  const workers = new Map<string, WorkerSchemas>();
  for (const path of paths) {
    const read = readWorkerConfig(readConfigFile(resolve(path), shownPath(path)));
    if (!read.ok) {
      throw new HeddleError('input_unreadable', read.problems.map(showProblem).join('\n'), {
        hint: `Look at the whole file with: heddle-ts validate ${shownPath(path)}`,
      });
    }
    const { name, inputSchema, outputSchema, inputContract, outputContract } = read.value;
    workers.set(name, {
      input: await pairOf(inputSchema, inputContract, `input_schema of ${name}`),
      output: await pairOf(outputSchema, outputContract, `output_schema of ${name}`),
    });
  }
  return workers;
}

async function pairOf(
  schema: Readonly<Record<string, unknown>> | undefined,
  contract: Readonly<Record<string, unknown>> | undefined,
  what: string,
): Promise<SchemaPair | undefined> {
  if (schema === undefined) return undefined;
  return { schema: { ...contract }, check: await compileJsonSchema(schema, what, PATIENCE_MS) };
}
