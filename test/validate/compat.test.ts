import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readText } from '../../src/config/document.ts';
import { heddleVerdict } from '../../src/validate/compat.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { inProject } from '../helpers/root.ts';

// `--compat` against what the real `heddle validate` said (tools/oracle/heddle_verdicts.py).

interface Verdict {
  type: string;
  valid: boolean;
  keys: string[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(inProject('test', 'validate', name), 'utf8'));
const cases = read('oracle-cases.json') as Record<string, string>;
const { measured, verdicts } = read('oracle-verdicts.json') as { measured: object; verdicts: Record<string, Verdict> };

test(`the verdict, type and error keys of heddle validate, in its order (${JSON.stringify(measured)})`, () => {
  for (const [name, text] of Object.entries(cases)) {
    const { type, valid, errors } = heddleVerdict(readText('x.yaml', text), RULES, []);
    const { type: pythonType, valid: pythonValid, keys } = verdicts[name]!;
    // After a traceback there is no type.
    const expected = { type: keys[0] === 'crash' ? type : pythonType, valid: pythonValid, keys };
    assert.deepEqual({ type, valid, keys: errors.map((each) => each.key) }, expected, `${name}: ${text.slice(0, 200)}`);
  }
});

test('what heddle validate refuses, we call an error, but for kinds it does not know and workers in other languages', () => {
  for (const [name, text] of Object.entries(cases)) {
    const { files } = validate([readText('x.yaml', text)], { rules: RULES });
    const isError = files[0]!.findings.some((each) => each.severity === 'error');
    const { valid, keys } = verdicts[name]!;
    if (valid || keys[0] === 'type' || isError) continue;
    assert.fail(`${name}: heddle refuses (${keys.join(', ')}), we do not: ${text.slice(0, 200)}`);
  }
});
