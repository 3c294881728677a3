import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dice } from '../../helpers/dice.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { entriesNow, text } from '../gather.ts';
import { storeFolder } from './folder.ts';

noLeaks();

const CHILD = fileURLToPath(new URL('./writer-child.js', import.meta.url));
const ROUNDS = 8;

/** Lets a child write, kills it after so many milliseconds; the lines that it had said whole. */
async function writeAndKill(args: readonly string[], ms: number): Promise<{ lines: string[]; pid: number }> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const closed = once(child, 'close');
  while (!said.includes('ready\n') && child.exitCode === null) await pause(2);
  await pause(ms);
  assert.equal(child.exitCode, null, 'it ended by itself');
  child.kill('SIGKILL');
  await closed;
  const lines = said.slice(0, said.lastIndexOf('\n')).split('\n').slice(1);
  return { lines, pid: child.pid ?? 0 };
}

test('a writer that is killed at any moment loses nothing that was confirmed', async (t) => {
  const folder = storeFolder(t);
  const roll = dice(20_251_128);
  const confirmed = new Map<number, number>();
  let dropped = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { lines, pid } = await writeAndKill(
      [folder.path, 'stream', String(round * 1_000_000)],
      Math.floor(roll() * 120),
    );
    for (const line of lines) {
      const [seq = 0, n = 0] = line.split(' ').map(Number);
      assert.ok(!confirmed.has(seq), `sequence ${seq} was given twice`);
      confirmed.set(seq, n);
    }
    // Read by who only reads, while the dead one's claim still stands.
    const reader = folder.stream();
    const told = await entriesNow(reader);
    await reader.close();
    const kept = new Map<number, number>();
    let last = 0;
    for (const entry of told) {
      assert.ok(entry.kind === 'kept', `a gap ${JSON.stringify(entry)}`);
      assert.equal(entry.seq, last + 1, 'in order, each once');
      last = entry.seq;
      const [n = '', x = ''] = text(entry).split(' ');
      assert.match(x, /^x*$/);
      assert.equal(x.length, Number(n) % 7 === 0 ? 20_000 : Number(n) % 50, 'whole');
      assert.equal(entry.id, `id ${n}`);
      kept.set(entry.seq, Number(n));
    }
    for (const [seq, n] of confirmed) assert.equal(kept.get(seq), n, `confirmed ${seq}`);
    assert.equal(new Set(kept.values()).size, kept.size, 'nothing twice');

    folder.news.length = 0;
    const writer = folder.stream();
    const [someId] = kept.values();
    if (someId !== undefined) {
      const again = await writer.append('not again', { id: `id ${someId}` });
      assert.equal(again.duplicate, true, 'ids are remembered over deaths');
    }
    await writer.close();
    // Killed before its first append it had taken no right yet.
    const took = folder.news.some((each) => each.kind === 'taken_over' && each.pid === pid);
    assert.ok(took || lines.length === 0);
    dropped += folder.news.filter(({ kind }) => kind === 'torn').length;
    assert.ok(!folder.news.some(({ kind }) => kind === 'damaged'));
  }
  assert.ok(confirmed.size > 100, `${confirmed.size} were confirmed`);
  t.diagnostic(`${confirmed.size} confirmed over ${ROUNDS} deaths, ${dropped} torn ends dropped`);
});

test('a bucket whose writer is killed has at least what was confirmed', async (t) => {
  const folder = storeFolder(t);
  const roll = dice(7);
  for (let round = 0; round < ROUNDS; round += 1) {
    const { lines } = await writeAndKill([folder.path, 'bucket', String(round * 1_000_000)], Math.floor(roll() * 150));
    const latest = new Map<string, { revision: string; n: number }>();
    for (const line of lines) {
      const [key = '', revision = '', n = ''] = line.split(' ');
      latest.set(key, { revision, n: Number(n) });
    }
    const bucket = folder.bucket();
    for (const [key, { revision, n }] of latest) {
      const entry = await bucket.get(key);
      // One write of each lane was under way, and may be kept or not.
      if (entry === undefined) continue;
      const kept = Number(Buffer.from(entry.value).toString().split(' ')[0]);
      assert.ok(kept >= n, `${key} has ${kept}, confirmed was ${n}`);
      if (kept === n) assert.equal(String(entry.revision), revision);
    }
    const present = await bucket.keys();
    for (const [key, { revision }] of latest) {
      if (revision !== 'deleted') continue;
      const entry = present.includes(key) ? await bucket.get(key) : undefined;
      if (entry !== undefined)
        assert.ok(Number(Buffer.from(entry.value).toString().split(' ')[0]) > (latest.get(key)?.n ?? 0));
    }
    await bucket.close();
  }
});
