import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../../src/broker/broker.ts';
import { connect } from '../../../src/transport/nats.ts';
import { runCli, startCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { assertKeepsSchema } from '../../helpers/output-schema.ts';
import { PROGRAM } from '../../helpers/program-under-test.ts';
import { result } from '../../tail/fake.ts';

// A server that goes away and does not come back, disks without room, recordings that are none.

noLeaks();
const DEFAULT = 'heddle.results.default';
const WINDOWS = process.platform === 'win32' && 'Windows has nothing like it';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-tail-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const documents = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

for (const [how, ending] of [
  ['the time is over', ['--for', '1s']],
  ['nothing is shown any more', ['--idle', '800ms']],
  ['it is interrupted', []],
] as const) {
  test(`an outage that is still open when ${how} is a gap like any other`, async (t) => {
    const cwd = folderOf(t);
    const broker = await startBroker();
    const publisher = await connect({ servers: [broker.url] });
    const argv = ['tail', '--nats-url', broker.url, '-o', 'ndjson', '--record', 'r.ndjson', ...ending];
    const { io, exit } = startCli(argv, { cwd });
    await io.seen(/following/);
    publisher.publish(DEFAULT, result());
    await io.seen(/"kind":"result"/);
    await publisher.close();
    const before = Date.now();
    await broker.close();
    await io.seen(/lost the connection/);
    if (ending.length === 0) io.signal('SIGINT');
    assert.equal(await exit, ending.length === 0 ? 130 : 0);
    const [, gap, ...more] = documents(io.out());
    assert.deepEqual(more, [], 'it is the last thing that is told');
    assertKeepsSchema('tail', gap);
    assert.deepEqual([gap?.kind, gap?.reason, gap?.missed], ['gap', 'disconnected', null]);
    const [from, to] = [gap?.from, gap?.to].map((time) => Date.parse(String(time)));
    assert.ok(from !== undefined && to !== undefined && from >= before - 5 && to >= from, `${from} to ${to}`);
    assert.equal(readFileSync(join(cwd, 'r.ndjson'), 'utf8'), io.out());
    assert.match(io.err(), /gaps {7}1, nobody knows how many were lost in them\n/);
  });
}

/** A recording of so many messages. */
function recording(count: number): string {
  const line = (n: number): string => {
    const message = result({ n, output: { text: 'x'.repeat(300) } });
    return `{"schema_version":1,"kind":"result","received_at":"2026-04-29T12:00:00.113Z","subject":"${DEFAULT}","generation":"B","size":${message.length},"message":${message}}\n`;
  };
  return Array.from({ length: count }, (_, n) => line(n)).join('');
}

test('a disk that is full under a recording: exit 1 in words, and the last line is a whole one', {
  skip: WINDOWS,
}, async (t) => {
  const cwd = folderOf(t);
  writeFileSync(join(cwd, 'in.ndjson'), recording(2000));
  writeFileSync(join(cwd, 'r.ndjson'), recording(1));
  // No file may become larger than this many blocks: as a full disk, it takes a part of what is written.
  const command = 'ulimit -f 100; exec "$0" "$@"';
  const argv = ['tail', '--from', 'in.ndjson', '--record', 'r.ndjson', '-q'];
  const run = spawnSync('sh', ['-c', command, ...PROGRAM, ...argv], { cwd, encoding: 'utf8' });
  assert.equal(run.status, 1, run.stderr);
  assert.match(
    run.stderr,
    /^error: cannot record to ".*r\.ndjson": no file may be as large\n {2}hint: What stands in it/,
  );
  const text = readFileSync(join(cwd, 'r.ndjson'), 'utf8');
  assert.ok(text.length > 20_000, `${text.length} bytes were recorded`);
  assert.ok(text.endsWith('}\n'));
  const numbers = documents(text).map(({ message }) => (message as { n: number }).n);
  assert.deepEqual(numbers, [0, ...numbers.slice(1).keys()], 'whole lines, each once, in their order');
});

test('a full disk behind stdout: exit 1 in words', {
  skip: process.platform !== 'linux' && 'no /dev/full',
}, async (t) => {
  const cwd = folderOf(t);
  writeFileSync(join(cwd, 'in.ndjson'), recording(10));
  for (const format of ['human', 'ndjson']) {
    const full = openSync('/dev/full', 'w');
    const [program, ...argv] = [...PROGRAM, 'tail', '--from', 'in.ndjson', '-o', format];
    const child = spawn(program, argv, { cwd, stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    let said = '';
    child.stderr?.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    assert.equal(code, 1);
    assert.match(said, /error: cannot write to stdout: ENOSPC/);
  }
});

test('a recording is a file of its own: no pipe, no device, and of one tail', { skip: WINDOWS }, async (t) => {
  const cwd = folderOf(t);
  const broker = await startBroker();
  t.after(() => broker.close());
  assert.equal(spawnSync('mkfifo', [join(cwd, 'fifo')]).status, 0);
  const tail = (record: string) => ['tail', '--nats-url', broker.url, '--record', record];
  for (const record of ['fifo', '/dev/null']) {
    const run = await runCli(tail(record), { cwd });
    assert.equal(run.code, 2);
    assert.match(run.stderr, /^error: cannot record to ".*": it is no regular file\n/);
  }
  const first = startCli(tail('r.ndjson'), { cwd });
  await first.io.seen(/following/);
  assert.equal(statSync(join(cwd, 'r.ndjson')).mode & 0o777, 0o600);
  const second = await runCli(tail('r.ndjson'), { cwd });
  assert.equal(second.code, 2);
  assert.match(
    second.stderr,
    /^error: cannot record to ".*r\.ndjson": (?:this very process|process \d+) adds to it already; only one may\n/,
  );
  first.io.signal('SIGTERM');
  assert.equal(await first.exit, 143);
});
