import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { inProject } from '../helpers/root.ts';
import { runUnder } from './cell.ts';
import { COMMANDS, type Command, FAULTS, type Fault, makeWorld } from './matrix.ts';

// Every command under every fault that it can meet. `npm test` runs a part of the cells, so that each fault and each command
// is among them; HEDDLE_SOAK=1 (npm run soak) runs all, and writes what it saw into docs/reliability.md.

const ALL = process.env.HEDDLE_SOAK === '1';
const PAGE = inProject('docs', 'reliability.md');
const results = new Map<string, string>();

const cells = FAULTS.flatMap((fault) =>
  COMMANDS.filter((command) => fault.applies(command)).map((command) => ({ fault, command })),
);

/** Of each fault one cell, of another command each time. */
function isQuick({ fault, command }: (typeof cells)[number]): boolean {
  const able = COMMANDS.filter((each) => fault.applies(each));
  return able[FAULTS.indexOf(fault) % able.length] === command;
}

for (const cell of cells) {
  if (!ALL && !isQuick(cell)) continue;
  const { fault, command } = cell;
  test(`${command.name}: ${fault.name}`, { skip: skipWithoutNatsServer() }, async (t) => {
    const world = await makeWorld();
    t.after(() => world.remove());
    const { ended, ms, stdout, stderr } = await runUnder(fault.run(command, world));
    const { exits, withinMs, says } = fault.expect(command);
    const said = `ended ${ended} after ${Math.round(ms)} ms\nstdout:\n${stdout.slice(-2_000)}\nstderr:\n${stderr.slice(-2_000)}`;
    assert.ok(exits.includes(ended), `expected ${exits.join(' or ')}: ${said}`);
    assert.ok(ms < withinMs, said);
    assert.doesNotMatch(stderr, /Unhandled|MaxListeners|\(node:\d+\) (?:Warning|\[DEP)/, said);
    if (ended !== 70) assert.doesNotMatch(stderr, /This is a bug/, said);
    if (says !== undefined) assert.match(stdout + stderr, says, said);
    results.set(keyOf(fault, command), String(ended));
  });
}

after(() => {
  if (!ALL || results.size < cells.length) return;
  writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')));
});

test('docs/reliability.md shows every cell', () => {
  const page = readFileSync(PAGE, 'utf8');
  for (const { name } of COMMANDS)
    assert.ok(page.includes(`| \`${name}\` |`), `${name} has no row: npm run soak renews the page`);
  for (const { name, made } of FAULTS) {
    assert.ok(
      page.includes(`| ${name} | ${made.replaceAll('|', '\\|')} |`),
      `${name} has no line: npm run soak renews the page`,
    );
  }
});

function keyOf(fault: Fault, command: Command): string {
  return `${command.name} ${fault.name}`;
}

/** Commands down, faults across: the exit code that was seen, a dot where the fault cannot happen. */
function withTable(page: string): string {
  const numbers = FAULTS.map((_, at) => String(at + 1));
  const rows = COMMANDS.map((command) => {
    const seen = FAULTS.map((fault) => (fault.applies(command) ? (results.get(keyOf(fault, command)) ?? '?') : '·'));
    return `| \`${command.name}\` | ${seen.join(' | ')} |`;
  });
  const list = FAULTS.map(({ name, made }, at) => `| ${at + 1} | ${name} | ${made.replaceAll('|', '\\|')} |`);
  const table = [
    '',
    '| # | fault | how it is made |',
    '|---|---|---|',
    ...list,
    '',
    `| command | ${numbers.join(' | ')} |`,
    `|---|${numbers.map(() => '---|').join('')}`,
    ...rows,
    '',
  ].join('\n');
  return page.replace(
    /(<!-- faults -->\n)[\s\S]*?(<!-- \/faults -->)/,
    (_, open, close) => `${open}${table}\n${close}`,
  );
}
