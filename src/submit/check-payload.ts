import { readConfigFile } from '../config/read-file.ts';
import { showProblem } from '../config/views/view.ts';
import { readWorkerConfig, type WorkerConfig } from '../config/views/worker.ts';
import type { JsonObject } from '../contract/json.ts';
import { rawIntegers } from '../contract/raw-integers.ts';
import { checkShallow } from '../contract/shallow-check.ts';
import { HeddleError } from '../errors.ts';

/** What is wrong with a payload by the worker's own schema: a pointer, then words. */
export type PayloadCheck = (payload: JsonObject, text: string) => readonly string[];

/** The worker's config, or every reason why it cannot be used. */
export function loadWorker(path: string, shown: string): WorkerConfig {
  const read = readWorkerConfig(readConfigFile(path, shown));
  if (read.ok) return read.value;
  const shownProblems = read.problems.map(showProblem).join('\n');
  throw new HeddleError('usage', `the worker config cannot be used:\n${shownProblems}`, {
    remedy: { do: 'validate-config', why: 'worker', file: shown },
  });
}

/** As the worker will judge it: the top level, in Heddle's words. */
export function shallowCheck(worker: WorkerConfig): PayloadCheck {
  const { inputContract } = worker;
  if (inputContract === undefined) return () => [];
  return (payload, text) => {
    const integers = rawIntegers(`{"payload":${text}}`, 'payload');
    return checkShallow(payload, inputContract, 'input', integers).map((error) => `${pointerIn(error)}: ${error}`);
  };
}

/** The whole JSON Schema; stricter than Heddle. */
export async function strictCheck(worker: WorkerConfig, shown: string): Promise<PayloadCheck> {
  const { inputSchema } = worker;
  if (inputSchema === undefined) return () => [];
  const { compileJsonSchema } = await import('../config/json-schema.ts');
  const check = await compileJsonSchema(inputSchema, `input_schema of ${shown}`);
  return (payload) => check(payload).map(({ pointer, problem }) => `${pointer || '/'}: ${problem}`);
}

/** `input.text: …` and `input: missing required field 'text'` both speak of `/text`. */
function pointerIn(error: string): string {
  const field = /^input\.(.*?): expected /s.exec(error)?.[1] ?? /missing required field '(.*)'$/s.exec(error)?.[1];
  return field === undefined ? '/' : `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
