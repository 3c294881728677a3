import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadHandler } from '../../src/worker/load-handler.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-handlers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a function with exports beside it', async () => {
  const path = file('a.mjs', 'export default () => ({a: 1}); export const reset = () => {}; export const other = 5;');
  const definition = await loadHandler(path);
  assert.deepEqual(
    [typeof definition.handle, typeof definition.reset, definition.setup],
    ['function', 'function', undefined],
  );
});

test('a definition', async () => {
  const path = file('b.mjs', 'export default { handle: () => ({}), teardown: () => {} };');
  const definition = await loadHandler(path);
  assert.equal(typeof definition.teardown, 'function');
});

const BAD: readonly (readonly [name: string, text: string | undefined, code: string, message: RegExp])[] = [
  ['none.mjs', undefined, 'input_unreadable', /none\.mjs/],
  ['syntax.mjs', 'export default (', 'input_invalid', /could not be loaded/],
  ['throws.mjs', "throw new Error('no database')", 'input_invalid', /no database/],
  ['nothing.mjs', 'export const x = 1', 'input_invalid', /exports no handler/],
  ['number.mjs', 'export default 5', 'input_invalid', /exports no handler/],
  ['null.mjs', 'export default null', 'input_invalid', /exports no handler/],
  ['reset.mjs', 'export default () => ({}); export const reset = 5', 'input_invalid', /reset is no function/],
  ['missing.mjs', "import './not-there.mjs'; export default () => ({})", 'input_unreadable', /not-there/],
];
for (const [name, text, code, message] of BAD) {
  test(`refuses ${name}`, async () => {
    const path = text === undefined ? join(folder, name) : file(name, text);
    await assert.rejects(loadHandler(path, name), { code, message });
  });
}
