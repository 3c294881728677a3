import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { dice } from '../helpers/dice.ts';
import { runCli } from '../helpers/fake-io.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { runUnder } from './cell.ts';
import { USES, type Use } from './commands.ts';
import { FAULTS } from './families/list.ts';
import { type Fault, WITHIN_MS } from './fault.ts';
import { noteResults, type Results, readResults } from './results.ts';
import { timeIsOver } from './rounds.ts';
import { makeWorld } from './world.ts';

// Every command under every fault that it can meet. `npm test` runs a part of the cells, so that each fault is among them;
// HEDDLE_SOAK=1 (npm run soak) runs all, and writes what it saw into test/faults/results.json, of which docs/reliability.md is made.

const ALL = process.env.HEDDLE_SOAK === '1';
/** `HEDDLE_CELL="tail: full disk"` runs those whose name holds the words before and behind the colon. */
const [ONE_USE = '', ONE_FAULT = ''] = (process.env.HEDDLE_CELL ?? '').split(/: ?/);
const seen: Results['cells'][number][] = [];

interface Cell {
  readonly fault: Fault;
  readonly use: Use;
}

const CELLS: readonly Cell[] = FAULTS.flatMap((fault) =>
  USES.filter((use) => fault.applies(use)).map((use) => ({ fault, use })),
);

function isWanted({ fault, use }: Cell): boolean {
  if (ONE_USE !== '' || ONE_FAULT !== '') return use.name.includes(ONE_USE) && fault.name.includes(ONE_FAULT);
  if (ALL) return true;
  // Of each fault one cell, of another command each time.
  if (fault.quick !== undefined) return use.name === fault.quick;
  const able = USES.filter((each) => fault.applies(each));
  return able[(FAULTS.indexOf(fault) * 7) % able.length] === use;
}

/** Where there is no time for all: first what was never seen, went wrong or fell short, then others with each seed. */
function shuffled(cells: readonly Cell[]): readonly Cell[] {
  const throwDice = dice(Number(process.env.HEDDLE_SEED ?? 1));
  const before = readResults().cells;
  const wentWell = ({ use, fault }: Cell): boolean =>
    before.some((each) => each.use === use.name && each.fault === fault.name && each.wrong === '' && each.short === '');
  return cells
    .map((cell) => ({ cell, at: throwDice() + (wentWell(cell) ? 1 : 0) }))
    .sort((a, b) => a.at - b.at)
    .map(({ cell }) => cell);
}

// Cells wait more than they work.
describe('commands under faults', { concurrency: 4 }, () => {
  for (const cell of shuffled(CELLS.filter(isWanted))) {
    const { fault, use } = cell;
    test(`${use.name}: ${fault.name}`, { skip: skipWithoutNatsServer() || fault.skip || false }, async (t) => {
      if (timeIsOver()) return t.skip('the minutes are over');
      const world = await makeWorld(use, { config: fault.config });
      const undone: (() => unknown)[] = [() => world.remove()];
      t.after(async () => {
        for (const undo of undone.reverse()) await undo();
      });
      const run = await fault.run(use, world, (undo) => undone.push(undo));
      const { ended, ms, stdout, stderr } = await runUnder({ ...run, terminal: use.terminal });
      const { exits, says, short = '', withinMs = WITHIN_MS } = fault.expect(use);
      const said = `ended ${ended} after ${Math.round(ms)} ms\nstdout:\n${stdout.slice(-2_000)}\nstderr:\n${stderr.slice(-2_000)}`;
      const wrong = [
        exits.includes(ended) ? '' : `ended with ${ended}, not with ${exits.join(' or ')}`,
        ms < withinMs ? '' : `took ${Math.round(ms)} ms`,
        /Unhandled|MaxListeners|\(node:\d+\) (?:Warning|\[DEP)/.test(stderr) ? 'left something unhandled' : '',
        ended !== 70 && /This is a bug/.test(stderr) ? 'called itself a bug' : '',
        says === undefined || says.test(stdout + stderr) ? '' : `did not say ${says}`,
      ].filter((each) => each !== '');
      seen.push({ use: use.name, fault: fault.name, ended: String(ended), wrong: wrong.join('; '), short });
      assert.deepEqual(wrong, [], said);
    });
  }
});

after(() => {
  console.log(`${seen.length} of ${CELLS.length} cells had their turn`);
  // A cell that the machine cannot make stays as somebody else saw it.
  if (!ALL) return;
  const before = readResults().cells;
  const cells = CELLS.flatMap(({ fault, use }) => {
    const matches = (each: { use: string; fault: string }): boolean =>
      each.use === use.name && each.fault === fault.name;
    return seen.find(matches) ?? before.find(matches) ?? [];
  });
  noteResults({ uses: USES.map(({ name }) => name), faults: FAULTS.map(({ name, made }) => ({ name, made })), cells });
});

// Programs that were killed while something was on its way to them leave Node 20 with a request that never ends: it spins for ever when it
// puts its handles away. Leaving from here, it does not.
process.on('exit', (code) => process.exit(code));

test('every command of the program is among those that meet faults', async () => {
  const { stdout } = await runCli(['help', '-o', 'json']);
  interface Command {
    readonly name: string;
    readonly commands?: readonly Command[];
  }
  const leaves = (command: Command, above = ''): string[] => {
    const name = `${above}${command.name}`;
    const below = (command.commands ?? []).flatMap((each) => leaves(each, `${name} `));
    return below.length === 0 ? [name] : below;
  };
  for (const name of (JSON.parse(stdout) as { commands: Command[] }).commands.flatMap((each) => leaves(each))) {
    const used = USES.some(
      (use) => use.name === name || use.name.startsWith(`${name} -`) || use.name.startsWith(`${name},`),
    );
    assert.ok(used, `\`${name}\` is a command that test/faults/commands.ts does not use: how does it meet faults?`);
  }
});

test('docs/reliability.md has a row for every command and every fault', () => {
  const { uses, faults, cells } = readResults();
  for (const { name } of USES) assert.ok(uses.includes(name), `${name} has no row: npm run soak renews results.json`);
  for (const { name, made } of FAULTS) {
    assert.ok(
      faults.some((each) => each.name === name && each.made === made),
      `${name} has no line: npm run soak renews results.json`,
    );
  }
  for (const { fault, use } of CELLS) {
    const has = cells.some((each) => each.use === use.name && each.fault === fault.name);
    assert.ok(has || fault.skip, `${use.name} under ${fault.name} was never seen: npm run soak renews results.json`);
  }
});
