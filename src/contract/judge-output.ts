import { isJsonObject } from './json.ts';
import { type PythonHazard, pythonHazard } from './python-hazard.ts';
import { rawIntegers } from './raw-integers.ts';
import { checkShallow, noObject, validationError } from './shallow-check.ts';

/**
 * Why an output, given as the text that would be sent, cannot be the output of a completed result; undefined when it can. `value`
 * is what was read from it, when that is there already.
 */
export function outputProblem(text: string, schema: unknown, value?: unknown): string | undefined {
  const hazard = pythonHazard(text);
  if (hazard !== undefined) return HAZARDS[hazard];
  const output: unknown = value === undefined ? JSON.parse(text) : value;
  const integers = rawIntegers(`{"output":${text}}`, 'output');
  const wrong = checkShallow(output, schema, 'output', integers);
  if (wrong.length > 0) return validationError('output', wrong);
  if (output === null || isJsonObject(output)) return undefined;
  return validationError('output', [noObject(output, 'output', integers)]);
}

const HAZARDS: Record<PythonHazard, string> = {
  nesting: 'the output is nested so deeply that a Python actor would end reading it',
  integer: 'the output holds an integer so long that a Python actor would end reading it',
};
