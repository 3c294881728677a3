import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WriterClaim } from '../../../src/store/directory/claim.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { readNow } from '../gather.ts';
import { storeFolder } from './folder.ts';

noLeaks();

const CHILD = fileURLToPath(new URL('./writer-child.js', import.meta.url));
const claims = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.claim'));

test('of two writers in one process the second is refused, until the first closes', async (t) => {
  const folder = storeFolder(t);
  const first = folder.stream();
  await first.ensure({});
  const second = folder.stream();
  assert.deepEqual((await second.ensure({})).differences, [], 'looking is no writing');
  await assert.rejects(second.append('x'), { code: 'store_busy', message: /this very process writes in .* already/ });
  await first.append('1');
  assert.deepEqual(await readNow(second), ['1'], 'reading is possible meanwhile');
  await first.close();
  assert.equal((await second.append('2')).seq, 2);
  assert.deepEqual(folder.news, []);
});

test('a living writer is named; of a dead one its right is taken over, and that is told', async (t) => {
  const folder = storeFolder(t);
  const child = spawn(process.execPath, [CHILD, folder.path, 'stream'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const stream = folder.stream();
  const busy = { code: 'store_busy', message: new RegExp(`process ${child.pid} writes in`), retryable: true };
  await assert.rejects(stream.append('x'), busy);
  // Stopped is not dead.
  child.kill('SIGSTOP');
  await assert.rejects(stream.append('x'), busy);
  child.kill('SIGKILL');
  await closed;
  await stream.append('x');
  assert.ok(folder.news.some((news) => news.kind === 'taken_over' && news.pid === child.pid));
});

test('a number that another process has by now does not keep anybody out', {
  skip: !existsSync('/proc/self/stat'),
}, async (t) => {
  const folder = storeFolder(t);
  const stream = folder.stream();
  await stream.ensure({});
  const at = join(folder.path, 'streams', 's');
  const [name = ''] = claims(at);
  const ours = JSON.parse(readFileSync(join(at, name), 'utf8')) as Record<string, unknown>;
  await stream.close();
  writeFileSync(join(at, name), JSON.stringify({ ...ours, began: '1' }));
  const next = folder.stream();
  await next.append('x');
  assert.deepEqual(claims(at).length, 1);
});

test('another machine or container is judged by when it last renewed its claim', async (t) => {
  const folder = storeFolder(t);
  const stream = folder.stream();
  await stream.ensure({});
  await stream.close();
  const path = join(folder.path, 'streams', 's', 'writer-00000000000000aa.claim');
  writeFileSync(path, JSON.stringify({ pid: 1, began: '5', realm: 'other-host boot pid:[1]', holds: 1 }));
  const there = { code: 'store_busy', message: /process 1 on other-host writes in/ };
  await assert.rejects(folder.stream().append('x'), there);
  const longAgo = Date.now() / 1000 - 90;
  utimesSync(path, longAgo, longAgo);
  await folder.stream().append('x');
  assert.ok(!existsSync(path));
  assert.ok(folder.news.some(({ kind }) => kind === 'taken_over'));
});

test('half a claim, as a power failure leaves it, keeps nobody out', async (t) => {
  const folder = storeFolder(t);
  const stream = folder.stream();
  await stream.ensure({});
  await stream.close();
  const at = join(folder.path, 'streams', 's');
  writeFileSync(join(at, 'writer-00000000000000aa.claim'), '{"pid":1,"beg');
  writeFileSync(join(at, 'writer-00000000000000ab.claim'), '');
  await folder.stream().append('x');
  assert.equal(claims(at).length, 1);
});

test('many that begin at the same moment: never two at once, and everybody gets a turn', async (t) => {
  const folder = storeFolder(t);
  const at = join(folder.path, 'claims');
  mkdirSync(at);
  let holding = 0;
  let turns = 0;
  const contend = async (): Promise<void> => {
    for (;;) {
      const claim = await WriterClaim.take(at, systemClock, () => {}).catch((error: { code?: string }) => {
        assert.equal(error.code, 'store_busy');
      });
      if (claim === undefined) {
        await pause(5);
        continue;
      }
      holding += 1;
      assert.equal(holding, 1);
      await pause(2);
      holding -= 1;
      turns += 1;
      await claim.release();
      return;
    }
  };
  await Promise.all(Array.from({ length: 12 }, contend));
  assert.equal(turns, 12);
  assert.deepEqual(claims(at), []);
});

test('who was taken for dead does not write on', async (t) => {
  const folder = storeFolder(t);
  let now = Date.now();
  const stream = folder.stream({ clock: { ...systemClock, now: () => now } });
  await stream.ensure({});
  await stream.append('1');
  const at = join(folder.path, 'streams', 's');
  const { rmSync } = await import('node:fs');
  for (const name of claims(at)) rmSync(join(at, name));
  now += 60_000;
  await assert.rejects(stream.append('2'), { code: 'store_busy', message: /was lost to another process/ });
  assert.deepEqual(await readNow(stream), ['1']);
});
