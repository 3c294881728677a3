import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { FdSink } from '../../src/cli/sink.ts';
import { TerminalSink } from '../../src/cli/terminal-sink.ts';

test('everything arrives, in order, text and bytes mixed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sink-'));
  const fd = openSync(join(folder, 'out'), 'w');
  const sink = new FdSink(fd);
  let expected = '';
  for (let n = 0; n < 5000; n++) {
    const text = `${n} äöü €\n`;
    sink.write(n % 3 === 0 ? Buffer.from(text) : text);
    expected += text;
    if (n % 1000 === 0) await sink.drained();
  }
  assert.ok(sink.queued > 0);
  await sink.drained();
  assert.equal(sink.queued, 0);
  closeSync(fd);
  assert.equal(readFileSync(join(folder, 'out'), 'utf8'), expected);
  rmSync(folder, { recursive: true });
});

test('write says when to wait', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sink-'));
  const fd = openSync(join(folder, 'out'), 'w');
  const sink = new FdSink(fd);
  assert.equal(sink.write('x'), true);
  assert.equal(sink.write('x'.repeat(100_000)), false);
  await sink.drained();
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const PROGRAM = `
  import { FdSink } from ${JSON.stringify(new URL('../../src/cli/sink.js', import.meta.url).href)};
  const sink = new FdSink(1);
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  for (let n = 0; n < 40; n++) sink.write('y'.repeat(65536));
  setTimeout(() => { process.stderr.write('turns ' + turns + ' queued ' + (sink.queued > 0)); clearInterval(timer); }, 300);
  await sink.drained();
  process.stderr.write(' broken ' + sink.broken + ' failure ' + (sink.failure?.code ?? 'none'));
`;

test('a reader that does not read stops nothing; one that leaves breaks the sink quietly', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('queued')) child.stdout.destroy();
    });
    child.on('error', reject);
    child.on('exit', () => resolve());
  });
  const turns = Number(/turns (\d+)/.exec(said)?.[1]);
  assert.ok(turns > 3, `the loop turned ${turns} times while the pipe was full: ${said}`);
  assert.match(said, /queued true/);
  assert.match(said, /broken true failure none/);
});

test('a terminal that is written asynchronously (Windows) is waited for, however little was written', async () => {
  let taken = '';
  const slow = new Writable({
    write(chunk, _, done) {
      setTimeout(() => {
        taken += chunk;
        done();
      }, 20);
    },
  });
  const sink = new TerminalSink(slow as NodeJS.WriteStream);
  sink.write('one');
  sink.write(' two');
  await sink.drained();
  assert.equal(taken, 'one two');
  sink.write(' three');
  const leaving = sink.drained();
  slow.destroy(new Error('gone'));
  await leaving;
  assert.equal(sink.broken, true);
});

/** Both ends of a pipe. */
function pipe(t: TestContext): { reader: number; writer: number; hangUp: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sink-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  let open = true;
  const hangUp = (): void => {
    if (open) closeSync(reader);
    open = false;
  };
  t.after(() => {
    hangUp();
    closeSync(writer);
  });
  return { reader, writer, hangUp };
}

const WINDOWS = process.platform === 'win32' && 'no mkfifo on Windows';
const MEBIBYTE = 1024 * 1024;

test('what nobody takes is dropped and counted; a write in the thread pool stays behind', {
  skip: WINDOWS,
}, async (t) => {
  const { writer, hangUp } = pipe(t);
  const sink = new FdSink(writer);
  sink.write(Buffer.alloc(MEBIBYTE));
  await pause(50);
  let drained = false;
  void sink.drained().then(() => {
    drained = true;
  });
  await pause(20);
  assert.equal(drained, false);
  // What the pipe holds is known only when the whole write comes back.
  assert.equal(sink.abandon(), MEBIBYTE);
  await pause(0);
  assert.deepEqual([sink.queued, drained, sink.stuck, sink.broken], [0, true, true, false]);
  assert.equal(sink.write('more'), true);
  assert.equal(sink.queued, 0);
  hangUp();
  await pause(50);
  assert.deepEqual([sink.stuck, sink.broken], [false, false]);
});

test('by the event loop everything arrives, and what nobody takes leaves nothing behind', {
  skip: WINDOWS,
}, async (t) => {
  const { reader, writer } = pipe(t);
  const sink = new FdSink(writer);
  sink.useEventLoop();
  await pause(50);
  const sent: string[] = [];
  for (let n = 0; n < 3000; n++) {
    const text = `${n} äöü ${'x'.repeat(n % 700)}\n`;
    sent.push(text);
    sink.write(n % 3 === 0 ? Buffer.from(text) : text);
    if (n % 100 === 0) await pause(0);
  }
  const all = Buffer.from(sent.join(''));
  const halfway = sink.drained(all.length / 2).then(() => sink.queued);
  const got: Buffer[] = [];
  const piece = Buffer.alloc(64 * 1024);
  for (let length = 0; length < all.length; ) {
    try {
      const read = readSync(reader, piece);
      got.push(Buffer.from(piece.subarray(0, read)));
      length += read;
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    }
    await pause(1);
  }
  assert.ok(Buffer.concat(got).equals(all));
  await sink.drained();
  const queued = await halfway;
  assert.ok(queued > 0 && queued <= all.length / 2, `${queued} of ${all.length}`);

  sink.write(Buffer.alloc(MEBIBYTE));
  await pause(50);
  const dropped = sink.abandon();
  assert.ok(dropped > MEBIBYTE - 128 * 1024 && dropped <= MEBIBYTE, String(dropped));
  assert.deepEqual([sink.queued, sink.stuck, sink.broken], [0, false, false]);
});
