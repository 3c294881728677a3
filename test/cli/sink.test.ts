import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
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
