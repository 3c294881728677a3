import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type RunningProgram, startProgram } from '../helpers/program.ts';
import { inProject } from '../helpers/root.ts';
import { type Fault, HOME, type Run, worldFor } from './faults/fault.ts';
import { FAULTS } from './faults/list.ts';
import { skipWithoutHeddle } from './heddle.ts';
import { type Diagnosed, pageOf, sectionOf } from './page.ts';

const PAGE = inProject('docs', 'diagnosis.md');
const WITHIN_MS = 3_000;
const update = process.env.UPDATE_GOLDEN === '1';
const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
const diagnosed = new Map<Fault, Diagnosed>();

test('the forty faults are all here', () => {
  const numbers = [...new Set(FAULTS.map(({ number }) => number))];
  assert.deepEqual(
    numbers,
    Array.from({ length: 40 }, (_, at) => at + 1),
  );
});

for (const fault of FAULTS) {
  test(`${fault.number}: ${fault.fault}`, { skip: whyNot(fault) }, async (t) => {
    const world = worldFor(t);
    const run = await fault.make(world);
    const program = startProgram(t, run.argv, { cwd: world.folder, env: environment(run, world.folder) });
    const from = performance.now();
    const namedMs = untilSaid(program, [fault.named, fault.remedy]).then((said) => said && performance.now() - from);
    const code = await program.ended;
    const words = fault.results ? program.stderr() : `${program.stderr()}${program.stdout()}`;
    const ms = (await namedMs) || undefined;
    const never = fault.never?.exec(words)?.[0];
    const found = { run, words, code, ms, never, folder: world.folder };
    diagnosed.set(fault, found);
    if (fault.open !== undefined) {
      if (ms !== undefined && never === undefined) t.diagnostic('it is named now: the row need not be open');
      return;
    }
    assert.match(words, fault.named, 'the cause');
    assert.match(words, fault.remedy, 'the remedy');
    assert.equal(never, undefined, `a false sentence:\n${words}`);
    assert.equal(code, fault.exit, words);
    assert.ok(ms !== undefined && ms < (fault.withinMs ?? WITHIN_MS), `it took ${Math.round(ms ?? 0)} ms`);
    assert.doesNotMatch(words, /s3cret|wr0ng/, 'secrets');
    if (!update && !fault.race) {
      const section = sectionOf(fault, found);
      assert.ok(page.includes(section), `docs/diagnosis.md says otherwise (UPDATE_GOLDEN=1 renews it):\n${section}`);
    }
  });
}

after(() => {
  if (update && diagnosed.size === FAULTS.length) writeFileSync(PAGE, pageOf(FAULTS, diagnosed));
});

function whyNot(fault: Fault): string | false {
  if (skipWithoutHeddle !== false) return skipWithoutHeddle;
  return fault.linux && process.platform !== 'linux' ? 'made with what only Linux has' : false;
}

function environment(run: Run, folder: string): Record<string, string | undefined> {
  const none = { XDG_CONFIG_HOME: undefined, LM_STUDIO_URL: undefined, OLLAMA_URL: undefined };
  return { ...none, HOME: join(folder, HOME), ...run.env };
}

/** Whether all of this was said before the program ended; resolves as soon as it was. */
async function untilSaid(program: RunningProgram, patterns: readonly RegExp[]): Promise<boolean> {
  const said = await Promise.all(
    patterns.map((pattern) =>
      program.seen(pattern).then(
        () => true,
        () => false,
      ),
    ),
  );
  return said.every(Boolean);
}
