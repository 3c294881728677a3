import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type AppendFile, openToAppend } from '../../src/store/append-file.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();
const WINDOWS = process.platform === 'win32' && 'Windows has no such modes';

function folderOf(t: TestContext, mode = 0o700): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-append-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, mode);
  return folder;
}

async function close(file: AppendFile): Promise<void> {
  await file.handle.close();
  await file.release();
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a new file is for its owner alone; one that is there keeps its mode, and is added to', {
  skip: WINDOWS,
}, async (t) => {
  const folder = folderOf(t);
  const [fresh, old] = [join(folder, 'new'), join(folder, 'old')];
  writeFileSync(old, 'one\n');
  chmodSync(old, 0o664);
  for (const path of [fresh, old]) {
    const file = await openToAppend(path);
    assert.deepEqual([file.size, file.mode], path === old ? [4, 0o664] : [0, 0o600]);
    await file.handle.appendFile('two\n');
    await close(file);
  }
  assert.deepEqual([modeOf(fresh), modeOf(old)], [0o600, 0o664]);
  assert.equal(readFileSync(old, 'utf8'), 'one\ntwo\n');
  assert.deepEqual(readdirSync(folder).sort(), ['new', 'old'], 'no claim is left behind');
});

test("of a folder of the user's own, links are followed as ever", { skip: WINDOWS }, async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'far'));
  symlinkSync(join('far', 'file'), join(folder, 'link'));
  await close(await openToAppend(join(folder, 'link')));
  assert.equal(modeOf(join(folder, 'far', 'file')), 0o600);
});

test('where everybody may put something, no link is followed and no file of another is written', {
  skip: WINDOWS,
}, async (t) => {
  const shared = folderOf(t, 0o1777);
  const target = join(folderOf(t), 'target');
  const link = join(shared, 'link');
  symlinkSync(target, link);
  const refused = { code: 'input_unreadable', message: /symbolic link/ };
  await assert.rejects(openToAppend(link), refused);
  assert.ok(!existsSync(target), 'nothing was made where it leads');
  writeFileSync(target, 'mine\n');
  await assert.rejects(openToAppend(link), refused);
  assert.equal(readFileSync(target, 'utf8'), 'mine\n');

  const own = join(shared, 'own');
  await close(await openToAppend(own));
  await close(await openToAppend(own));
  assert.equal(modeOf(own), 0o600);
  if (process.geteuid?.() !== 0) return;
  chownSync(own, 12_345, 12_345);
  await assert.rejects(openToAppend(own), { code: 'input_unreadable', message: /belongs to somebody else/ });
  assert.deepEqual(readdirSync(shared).sort(), ['link', 'own']);
});

test('what is no regular file is refused at once, also a pipe that nobody reads', { skip: WINDOWS }, async (t) => {
  const folder = folderOf(t);
  const fifo = join(folder, 'fifo');
  assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
  const refused = { code: 'input_unreadable', message: 'it is no regular file' };
  await assert.rejects(openToAppend(fifo), refused);
  await assert.rejects(openToAppend('/dev/null'), refused);
  assert.deepEqual(readdirSync(folder), ['fifo']);
});

test('a second writer is refused, by whatever name it calls the file, until the first lets go', {
  skip: WINDOWS,
}, async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'file.ndjson');
  const first = await openToAppend(path);
  symlinkSync('file.ndjson', join(folder, 'other-name'));
  const busy = { code: 'store_busy', message: /^this very process adds to it already; only one may$/ };
  await assert.rejects(openToAppend(path), busy);
  await assert.rejects(openToAppend(join(folder, 'other-name')), busy);
  await close(await openToAppend(join(folder, 'file.ndjson-other')));
  await close(first);
  await close(await openToAppend(path));
  const long = join(folder, 'ä'.repeat(120));
  const file = await openToAppend(long);
  await assert.rejects(openToAppend(long), busy);
  await close(file);
});

test('a second name of the same file (a hard link) makes no second writer', {
  skip: process.platform !== 'linux' && 'only Linux tells who writes to a file',
}, async (t) => {
  const path = join(folderOf(t), 'file.ndjson');
  const link = join(folderOf(t), 'another.ndjson');
  const child = spawn(process.execPath, [fileURLToPath(new URL('./append-child.js', import.meta.url)), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  linkSync(path, link);
  await assert.rejects(openToAppend(link), {
    code: 'store_busy',
    message: `process ${child.pid} writes to it already, under another of its names; only one may`,
  });
  child.kill('SIGKILL');
  await closed;
  // Whoever only reads it keeps nobody out, and its two names are no reason to refuse it.
  const reader = openSync(path, 'r');
  t.after(() => closeSync(reader));
  const first = await openToAppend(link);
  await assert.rejects(openToAppend(path), { code: 'store_busy' }, 'it is taken, by this very process');
  await close(first);
  assert.deepEqual(readdirSync(dirname(link)), ['another.ndjson']);
});

test('a writer that lives is named; one that was killed keeps nobody out', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'file.ndjson');
  const child = spawn(process.execPath, [fileURLToPath(new URL('./append-child.js', import.meta.url)), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  await assert.rejects(openToAppend(path), { message: `process ${child.pid} adds to it already; only one may` });
  child.kill('SIGKILL');
  await closed;
  assert.equal(readdirSync(folder).length, 2, 'its claim is still there');
  await close(await openToAppend(path));
  assert.deepEqual(readdirSync(folder), ['file.ndjson']);
});

test('where no claim can be made, what is there is added to all the same', {
  skip: WINDOWS || process.geteuid?.() === 0,
}, async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'file');
  writeFileSync(path, '');
  chmodSync(folder, 0o500);
  await close(await openToAppend(path));
  await assert.rejects(openToAppend(join(folder, 'new')), { code: 'EACCES' });
  chmodSync(folder, 0o700);
});
