import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isHeddleError } from '../../src/errors.ts';
import { RecordFile } from '../../src/tail/record-file.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-record-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('appends, and never joins two records after a crash', async (t) => {
  const path = join(folderOf(t), 'a.ndjson');
  writeFileSync(path, '{"a":1}\n{"half":');
  const file = await RecordFile.open({ path });
  file.text('{"b":2}\n');
  file.bytes(Buffer.from('{"c":3}\n'));
  await file.close();
  assert.equal(readFileSync(path, 'utf8'), '{"a":1}\n{"half":\n{"b":2}\n{"c":3}\n');
});

test('rotates by size, keeps so many, loses no line', async (t) => {
  const path = join(folderOf(t), 'r.ndjson');
  const file = await RecordFile.open({ path, rotateBytes: 1000, keep: 3, syncMs: 5 });
  for (let line = 0; line < 60; line += 1) {
    file.text(`${String(line).padStart(99, '0')}\n`);
    await file.idle();
  }
  await file.close();
  const parts = ['.3', '.2', '.1', ''].map((end) => readFileSync(path + end, 'utf8'));
  assert.ok(
    parts.every((part) => part.length <= 1000),
    'no part is larger',
  );
  assert.ok(!existsSync(`${path}.4`), 'older ones are gone');
  const numbers = parts.join('').trimEnd().split('\n').map(Number);
  assert.equal(numbers.at(-1), 59);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => (numbers[0] as number) + index),
    'one after the other',
  );
});

test('says when it is behind, and wakes who waits', async (t) => {
  const file = await RecordFile.open({ path: join(folderOf(t), 'big') });
  file.bytes(Buffer.alloc(2 * 1024 * 1024));
  assert.equal(file.hasRoom(), false);
  await file.whenRoom();
  assert.equal(file.hasRoom(), true);
  await file.close();
});

test('places that cannot be written', async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'dir'));
  for (const path of [join(folder, 'dir'), join(folder, 'no', 'such')]) {
    await assert.rejects(
      RecordFile.open({ path }),
      (error) => isHeddleError(error) && error.code === 'input_unreadable',
    );
  }
});

test('what goes on after a rotation is as open to others as it was before, and no more', {
  skip: process.platform === 'win32' && 'Windows has no such modes',
}, async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'shown'), 'old\n');
  chmodSync(join(folder, 'shown'), 0o640);
  for (const [name, mode] of [
    ['shown', 0o640],
    ['own', 0o600],
  ] as const) {
    const path = join(folder, name);
    const file = await RecordFile.open({ path, rotateBytes: 10, keep: 1 });
    for (let line = 0; line < 3; line += 1) {
      file.text('123456789\n');
      await file.idle();
    }
    await file.close();
    const modes = [path, `${path}.1`].map((each) => statSync(each).mode & 0o777);
    assert.deepEqual(modes, [mode, mode]);
  }
});

test('two recordings into one file: the second is refused in words', async (t) => {
  const path = join(folderOf(t), 'one');
  const first = await RecordFile.open({ path });
  await assert.rejects(RecordFile.open({ path }), {
    code: 'input_unreadable',
    message: `cannot record to ${JSON.stringify(path)}: this very process adds to it already; only one may`,
  });
  await first.close();
  await (await RecordFile.open({ path })).close();
});
