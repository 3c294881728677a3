import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Makes as much that lives for a while as a busy bus does, and says how much memory the engine took for it, in bytes. */
const CHURN = `
const { getHeapSpaceStatistics } = await import('node:v8');
const alive = [];
for (let n = 0; n < 600_000; n += 1) {
  alive[n % 20_000] = { n, text: 'x'.repeat(20) + n, more: [n, n, n] };
  if (n % 50_000 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
console.log(space_size);
`;
const IO = new URL('../../../src/cli/io.js', import.meta.url).href;

function newSpace(before: string): number {
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', before + CHURN], { encoding: 'utf8' }));
}

test('what is new takes a few megabytes where memory is to be held small, and many where it is not', () => {
  const MB = 1024 * 1024;
  const held = newSpace(`(await import(${JSON.stringify(IO)})).processIo().holdLittle();`);
  const left = newSpace('');
  assert.ok(held <= 4 * MB, `${held} bytes held small`);
  assert.ok(left >= 16 * MB, `${left} bytes left alone`);
});
