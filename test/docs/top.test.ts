import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, type TestContext, test } from 'node:test';
import { KEYS, WRITE_KEYS } from '../../src/cli/top/help.ts';
import { turn } from '../../src/time/turn.ts';
import { eventful, openScene } from '../cli/top/scene.ts';
import { inProject } from '../helpers/root.ts';

// What docs/top.md shows is what `top` shows: `UPDATE_GOLDEN=1 npm test -- docs/top` draws it anew.

const PAGE = inProject('docs', 'top.md');
const update = process.env.UPDATE_GOLDEN === '1';
const zone = process.env.TZ;
before(() => {
  process.env.TZ = 'UTC';
});
after(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

/** Name of a picture, and the keys that lead to it. */
const PICTURES: readonly (readonly [name: string, ...keys: readonly string[]])[] = [
  ['bus', '1'],
  ['workers', '2'],
  ['tasks', '3'],
  ['task', '3', '\u001b[B', '\u001b[B', '\u001b[B', '\r'],
  ['goals', '\u001b', '4'],
  ['goal', '\r'],
  ['dead-letters', '\u001b', '5'],
  ['stream', '6'],
];

test('docs/top.md shows each screen as it is', async (t: TestContext) => {
  const scene = await openScene(t, { columns: 100, rows: 26 });
  // What streams keep is asked for when somebody looks, and the answer takes as long as it takes.
  await scene.press('5');
  for (let look = 0; look < 5000 && /being read/.test(await scene.text()); look += 1) await turn();
  assert.doesNotMatch(await scene.text(), /being read/);
  await scene.press('1');
  await eventful(scene);
  const drawn = new Map<string, string>();
  for (const [name, ...keys] of PICTURES) {
    await scene.press(...keys);
    const lines = await scene.lines();
    // A picture has as many rows as the terminal; blank ones say nothing on a page.
    const foot = lines.pop() ?? '';
    while (lines.at(-1) === '') lines.pop();
    drawn.set(name, [...lines, foot].join('\n'));
  }
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, text] of drawn) page = withBlock(page, `screen: ${name}`, `\`\`\`text\n${text}\n\`\`\``);
  page = withBlock(page, 'keys', keysTable());
  if (update) writeFileSync(PAGE, page);
  else assert.equal(readFileSync(PAGE, 'utf8'), page, 'UPDATE_GOLDEN=1 renews it');
});

/** What stands behind a mark, up to the next blank line after it. */
function withBlock(page: string, mark: string, block: string): string {
  const begin = page.indexOf(`<!-- ${mark} -->`);
  assert.ok(begin >= 0, `docs/top.md has no <!-- ${mark} -->`);
  const from = begin + `<!-- ${mark} -->`.length;
  const old = /^\n\n(?:```text\n[\s\S]*?\n```|\|[^\n]*(?:\n\|[^\n]*)*)/.exec(page.slice(from))?.[0] ?? '';
  return `${page.slice(0, from)}\n\n${block}${page.slice(from + old.length)}`;
}

function keysTable(): string {
  const rows = [...KEYS, ...WRITE_KEYS.map(([key, does]) => [key, `with \`--allow-write\`: ${does}`] as const)];
  return [
    '| key | does |',
    '|---|---|',
    ...rows.map(([key, does]) => `| ${key.replaceAll('|', '\\|')} | ${does} |`),
  ].join('\n');
}
