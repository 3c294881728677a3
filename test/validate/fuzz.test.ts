import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '../../src/config/document.ts';
import { heddleVerdict } from '../../src/validate/compat.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { runCli } from '../helpers/fake-io.ts';
import { mutatedConfigs } from './mutate.ts';

// Broken configs by the thousand: no rule throws, nothing takes long. HEDDLE_FUZZ and HEDDLE_FUZZ_SEED choose how many, and which.

const COUNT = Number(process.env.HEDDLE_FUZZ ?? 10_000);
const SEED = Number(process.env.HEDDLE_FUZZ_SEED ?? 20_260_429);
/** Of processor time, so that a machine under load does not matter. */
const SLOWEST_MS = 1000;
/** So many of them go through the whole program, for its exit code. */
const THROUGH_THE_PROGRAM = 400;

test(`${COUNT} mutated configs`, () => {
  for (const bytes of mutatedConfigs(SEED, COUNT, 1, 4)) {
    const from = process.cpuUsage();
    const document = readDocument('x.yaml', bytes);
    const { failures, files } = validate([document], { rules: RULES });
    heddleVerdict(document, RULES, [...failures]);
    const ms = process.cpuUsage(from).user / 1000;
    const shown = JSON.stringify(bytes.toString('latin1'));
    assert.deepEqual(failures, [], shown);
    assert.ok(document.root !== undefined || files[0]!.findings.length > 0, `unreadable without a finding: ${shown}`);
    assert.ok(ms < SLOWEST_MS, `${ms} ms for ${shown}`);
  }
});

test(`${THROUGH_THE_PROGRAM} of them through the program: exit 0 or 1, and one document`, async () => {
  for (const stdin of mutatedConfigs(SEED + 1, THROUGH_THE_PROGRAM, 2, 2)) {
    const { code, stdout, stderr } = await runCli(['validate', '-', '-o', 'json'], { stdin });
    const shown = JSON.stringify(stdin.toString('latin1'));
    assert.ok(code === 0 || code === 1, `exit ${code} for ${shown}\n${stderr}`);
    assert.equal(JSON.parse(stdout).schema_version, 1, shown);
  }
});
