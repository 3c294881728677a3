import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildGoal, buildResult, buildTask } from '../../src/contract/build.ts';
import { encodeMessage } from '../../src/contract/encode.ts';
import { type Sources, systemUuid } from '../../src/contract/ids.ts';
import type { JsonObject } from '../../src/contract/json.ts';
import { decodeMessage } from '../../src/contract/read-message.ts';
import { pick, randomObject, seeded } from '../contract/random-json.ts';
import { PARTS, programOf, skipWithoutHeddle } from './heddle.ts';

// What we write is taken by the models that Heddle's actors read with, and what they write is read by us: odd values by the
// thousand, the same for the same seed.

const COUNT = Number(process.env.HEDDLE_FUZZ ?? 3_000);
const SEED = Number(process.env.HEDDLE_FUZZ_SEED ?? 20_261_128);
const KINDS = ['task', 'result', 'goal'] as const;
type Kind = (typeof KINDS)[number];

interface Case {
  readonly kind: Kind;
  readonly text: string;
}

const SUBJECT: Readonly<Record<Kind, string>> = {
  task: 'heddle.tasks.incoming',
  result: 'heddle.results.default',
  goal: 'heddle.goals.incoming',
};

test(`${COUNT} messages of ours, read by Heddle's models (seed ${SEED})`, { skip: skipWithoutHeddle }, async () => {
  const random = seeded(SEED);
  const cases = Array.from({ length: COUNT }, (_, at) => oursOf(KINDS[at % 3] as Kind, random));
  const verdicts = await talk(['read'], cases.map((each) => `${JSON.stringify(each)}\n`).join(''));
  assert.equal(verdicts.length, COUNT);
  const refused = verdicts.flatMap((verdict, at) =>
    (verdict as { ok: boolean }).ok ? [] : [{ ...cases[at], verdict }],
  );
  console.log(
    `seed ${SEED}: Heddle's models took ${COUNT - refused.length} of ${COUNT} messages of ours, nothing in them changed`,
  );
  assert.deepEqual(refused.slice(0, 3), []);
});

test(`${COUNT} messages of Heddle's models, read by us (seed ${SEED})`, { skip: skipWithoutHeddle }, async () => {
  const cases = (await talk(['write', String(SEED), String(COUNT)])) as Case[];
  assert.equal(cases.length, COUNT);
  const unread = cases.flatMap((each) => {
    const read = decodeMessage(SUBJECT[each.kind], Buffer.from(each.text));
    // Every character is there again, and nothing but NaN and Infinity is against JSON.
    if (read.kind === each.kind && read.text === each.text && read.strict === !/NaN|Infinity/.test(each.text))
      return [];
    return [{ ...each, read }];
  });
  console.log(`seed ${SEED}: ${COUNT - unread.length} of ${COUNT} messages of Heddle's models were read`);
  assert.deepEqual(unread.slice(0, 3), []);
});

/** As our commands and the SDK write it, from odd values. */
function oursOf(kind: Kind, random: () => number): Case {
  const sources: Sources = { now: () => Math.floor(random() * 4e12), uuid: systemUuid };
  const object = (): JsonObject => sane(JSON.parse(randomObject(random, 3)) as JsonObject) as JsonObject;
  const text = (): string => pick(random, ['a', 'ü\u2028', '\u{1f600}', 'x.y', 'null', '__proto__', 'a'.repeat(2_000)]);
  const priority = pick(random, ['low', 'normal', 'high', 'critical'] as const);
  const tier = pick(random, ['local', 'standard', 'frontier'] as const);
  if (kind === 'goal') {
    const goal = buildGoal({ instruction: text(), context: object(), priority, request_id: text() }, sources);
    return { kind, text: encodeMessage(goal) };
  }
  const task = buildTask(
    { worker_type: text(), payload: object(), metadata: object(), model_tier: tier, priority, parent_task_id: text() },
    sources,
  );
  if (kind === 'task') return { kind, text: encodeMessage(task) };
  const result = buildResult(
    task,
    random() < 0.5
      ? { status: 'completed', output: object(), processing_time_ms: Math.floor(random() * 1e9) }
      : { status: 'failed', error: text(), processing_time_ms: 0 },
    sources,
  );
  return { kind, text: encodeMessage(result) };
}

/** Half a surrogate is nothing that UTF-8 can carry: our commands refuse it where it comes in. */
function sane(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map(sane);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [Buffer.from(key).toString(), sane(each)]));
}

async function talk(argv: readonly string[], stdin = ''): Promise<unknown[]> {
  const child = spawn(programOf('python'), [join(PARTS, 'messages.py'), ...argv], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stdin.end(stdin);
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
