import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readDocument } from '../../src/config/document.ts';
import { heddleVerdict } from '../../src/validate/compat.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { runCli } from '../helpers/fake-io.ts';
import { inProject } from '../helpers/root.ts';

// Broken configs by the thousand: no rule throws, nothing takes long. HEDDLE_FUZZ and HEDDLE_FUZZ_SEED choose how many, and which.

const COUNT = Number(process.env.HEDDLE_FUZZ ?? 10_000);
const SEED = Number(process.env.HEDDLE_FUZZ_SEED ?? 20_260_429);
/** Of processor time, so that a machine under load does not matter. */
const SLOWEST_MS = 1000;
/** So many of them go through the whole program, for its exit code. */
const THROUGH_THE_PROGRAM = 400;

const PIECES = [
  ...[
    'yes',
    'no',
    'null',
    '~',
    '12:30:45',
    '010',
    '1e3',
    '.nan',
    '.inf',
    '2026-04-29',
    '2026-13-01',
    '=',
    '<<: *a',
    '&a ',
    '*a',
  ],
  ...[
    '!foo ',
    '!!str ',
    '!!set ',
    '!!binary ',
    '\t',
    ': ',
    '- ',
    '? ',
    '#',
    '\n',
    '\n  ',
    '\r',
    '\x85',
    '\u2028',
    '"',
    "'",
    '|',
    '>',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    '[a, b]',
    '{a: 1}',
    '---\n',
    '...\n',
    '\0',
    '\x07',
    '\ufeff',
    '\ud800',
    'é',
    '😀',
    '__proto__: 1\n',
  ],
  ...[
    'name: ',
    'type: ',
    'required: ',
    'properties: ',
    'tier: ',
    'goal',
    'pipeline_stages:\n',
    '[[[[[[[[',
    '&a [*a]',
    '*',
    '%YAML 2.0\n',
  ],
];

test(`${COUNT} mutated configs`, () => {
  const seeds = seedFiles();
  const random = generator(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  for (let at = 0; at < COUNT; at++) {
    let bytes = pick(seeds);
    for (let times = 1 + Math.floor(random() * 4); times > 0; times--) bytes = mutate(bytes, random, pick);
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
  const seeds = seedFiles();
  const random = generator(SEED + 1);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  for (let at = 0; at < THROUGH_THE_PROGRAM; at++) {
    const stdin = mutate(mutate(pick(seeds), random, pick), random, pick);
    const { code, stdout, stderr } = await runCli(['validate', '-', '-o', 'json'], { stdin });
    const shown = JSON.stringify(stdin.toString('latin1'));
    assert.ok(code === 0 || code === 1, `exit ${code} for ${shown}\n${stderr}`);
    assert.equal(JSON.parse(stdout).schema_version, 1, shown);
  }
});

function seedFiles(): Buffer[] {
  const roots = [inProject('configs'), inProject('test', 'validate', 'cases')];
  return roots.flatMap((root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );
}

function mutate(bytes: Buffer, random: () => number, pick: <T>(list: readonly T[]) => T): Buffer {
  const at = Math.floor(random() * (bytes.length + 1));
  const kind = random();
  const rest = bytes.subarray(at);
  if (kind < 0.5) return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(PIECES)), rest]);
  if (kind < 0.7) return Buffer.concat([bytes.subarray(0, at), rest.subarray(1 + Math.floor(random() * 8))]);
  if (kind < 0.8) return Buffer.concat([bytes.subarray(0, at), Buffer.from([Math.floor(random() * 256)]), rest]);
  if (kind < 0.95)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(random() * bytes.length)), rest]).subarray(
      0,
      20_000,
    );
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(PIECES).repeat(200)), rest]);
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
