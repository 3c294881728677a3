import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readDocument } from '../../src/config/document.ts';
import { heddleVerdict } from '../../src/validate/compat.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { inProject } from '../helpers/root.ts';
import { mutatedConfigs } from '../validate/mutate.ts';
import { PARTS, programOf, skipWithoutHeddle } from './heddle.ts';

// `validate --compat` against the real `heddle validate`, on configs broken at random. HEDDLE_FUZZ and HEDDLE_FUZZ_SEED choose
// how many, and which.

interface Verdict {
  readonly type: string;
  readonly valid: boolean;
  readonly keys: readonly string[];
}

const COUNT = Number(process.env.HEDDLE_FUZZ ?? 3_000);
const SEED = Number(process.env.HEDDLE_FUZZ_SEED ?? 20_261_128);
const PAGE = inProject('docs', 'compatibility.md');
const LINE = /(<!-- fuzz: .*? -->\n)[\s\S]*?(<!-- \/fuzz -->)/;

test(`${COUNT} mutated configs, judged by both`, { skip: skipWithoutHeddle, timeout: 110_000 }, async () => {
  const configs = [...mutatedConfigs(SEED, COUNT, 1, 4)];
  const theirs = await verdictsOfHeddle(configs);
  const ours = configs.map(ourVerdict);
  const differing = configs.flatMap((config, at) => {
    const [our, their] = [ours[at]!, theirs[at]!];
    return sameVerdict(our, their) ? [] : [{ config: config.toString('latin1'), ours: our, heddle: their }];
  });
  const otherKeys = ours.filter((our, at) => sameVerdict(our, theirs[at]!) && `${our.keys}` !== `${theirs[at]!.keys}`);
  const agree = COUNT - differing.length;
  const shown = differing.map((each) => JSON.stringify(each)).join('\n');
  console.log(
    `seed ${SEED}: ${agree} of ${COUNT} verdicts agree, ${agree - otherKeys.length} in every key of every error\n${shown}`,
  );
  assert.ok(differing.length <= Math.floor(COUNT / 3_000), shown);
  if (process.env.UPDATE_GOLDEN !== '1' || COUNT !== 3_000) return;
  const invalid = theirs.filter(({ valid }) => !valid).length;
  const said = `Of 3,000 configs broken at random (seed ${SEED}; Heddle refuses ${invalid}), ${agree} got the same verdict and type, ${agree - otherKeys.length} the same keys in the same order, too:\n\`npm run interop -- fuzz\`.\n`;
  writeFileSync(
    PAGE,
    readFileSync(PAGE, 'utf8').replace(LINE, (_, start: string, end: string) => start + said + end),
  );
});

/** After a traceback there is no type, and what a limit of ours refuses gets no verdict. */
function sameVerdict(ours: Verdict, heddle: Verdict): boolean {
  return ours.valid === heddle.valid && (ours.type === heddle.type || heddle.keys[0] === 'crash');
}

function ourVerdict(config: Buffer): Verdict {
  const { type, valid, errors } = heddleVerdict(readDocument('config.yaml', config), RULES, []);
  return { type, valid, keys: errors.map(({ key }) => key) };
}

async function verdictsOfHeddle(configs: readonly Buffer[]): Promise<Verdict[]> {
  const child = spawn(programOf('python'), [`${PARTS}/verdicts.py`], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stdin.end(configs.map((config) => `${config.toString('base64')}\n`).join(''));
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict);
}
