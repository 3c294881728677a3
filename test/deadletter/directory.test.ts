import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../src/transport/nats.ts';
import { BUSES, type TestBus } from '../helpers/buses.ts';
import { type CliRun, runCli } from '../helpers/fake-io.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { startProgram } from '../helpers/program.ts';
import { PROGRAM } from '../helpers/program-under-test.ts';
import { refusal } from './bus.ts';

noLeaks();

/** A folder with so many letters, and the bus that they came from. */
async function watched(
  t: TestContext,
  many: number,
): Promise<TestBus & { store: string; cli(...argv: string[]): Promise<CliRun> }> {
  const bus = await BUSES[0]!.start(t);
  return { ...bus, ...(await filled(t, many, bus.url)) };
}

async function filled(
  t: TestContext,
  many: number,
  url: string,
  idOf: (n: number) => string = (n) => `t-${n}`,
): Promise<{ store: string; cli(...argv: string[]): Promise<CliRun> }> {
  const store = mkdtempSync(join(tmpdir(), 'heddle-letters-'));
  t.after(() => rmSync(store, { recursive: true, force: true }));
  const watch = startProgram(t, ['dead-letter', 'watch', '--store', store], { env: { NATS_URL: url } });
  await watch.seen(/keeping failed work/);
  const client = await connect({ servers: [url] });
  for (let n = 0; n < many; n += 1) client.publish('heddle.tasks.dead_letter', refusal(idOf(n)));
  await client.flush();
  await client.close();
  await watch.seen(new RegExp(`task ${idOf(many - 1)}\\b`));
  watch.kill('SIGTERM');
  assert.equal(await watch.ended, 0);
  return { store, cli: (...argv) => runCli(['dead-letter', ...argv, '--store', store], { env: { NATS_URL: url } }) };
}

test('the same commands serve a folder, on a bus without JetStream', async (t) => {
  const { connect, cli } = await watched(t, 20);
  const client = await connect();
  const sent = await gather(client, 'heddle.tasks.incoming');
  const groups = JSON.parse((await cli('groups', '-o', 'json')).stdout) as {
    total: number;
    groups: { group: string }[];
  };
  assert.equal(groups.total, 20);
  assert.equal((await cli('archive', '--group', groups.groups[0]?.group ?? '', '--where', 'task_id=t-3')).code, 0);
  const replayed = await cli('replay', '--everything', '--yes');
  assert.equal(replayed.code, 0, replayed.stderr);
  await sent.count(19);
  assert.equal((await cli('replay', '--everything', '--yes')).code, 1);
  assert.equal((await cli('restore', '--cause', 'rate_limited')).stdout, 'restored 1 letter\n');
  assert.equal((await cli('delete', '--cause', 'rate_limited', '--yes')).stdout, 'deleted 20 letters\n');
  assert.match((await cli('groups')).stdout, /^no dead letters/);
});

test('over a pattern that takes too long a signal is heard, and nothing is done to letters that nobody could judge', async (t) => {
  const bus = await BUSES[0]!.start(t);
  const { store, cli } = await filled(t, 200, bus.url, (n) => `${'a'.repeat(40)}-${n}`);
  const choice = ['--where', 'task_id~^(a+)+$'];
  const list = startProgram(t, ['dead-letter', 'list', '--store', store, ...choice], { env: { NATS_URL: bus.url } });
  await list.seen(/took too long over the letter/);
  list.kill('SIGTERM');
  // All of them would take 20 s.
  const late = setTimeout(() => list.kill('SIGKILL'), 10_000);
  assert.equal(await list.ended, 143, list.stderr());
  clearTimeout(late);
  for (const deed of [['archive'], ['delete', '--yes'], ['replay', '--yes']]) {
    const { code, stderr } = await cli(...deed, ...choice);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /took too long over the letter \S+: nothing was done to any/);
  }
  assert.equal((JSON.parse((await cli('groups', '-o', 'json')).stdout) as { total: number }).total, 200);
});

test('killed in the middle, none is doubled; the few that may have left are named, and sent when asked to', async (t) => {
  const { url, connect, store, cli } = await watched(t, 1500);
  const client = await connect();
  const seen = new Map<string, number>();
  client.subscribe('heddle.tasks.incoming', ({ data }) => {
    const id = /"task_id":"([^"]+)"/.exec(Buffer.from(data).toString())?.[1] ?? '';
    seen.set(id, (seen.get(id) ?? 0) + 1);
  });
  await client.flush();
  const run = startProgram(t, ['dead-letter', 'replay', '--everything', '--yes', '--store', store, '-o', 'ndjson'], {
    env: { NATS_URL: url },
  });
  await run.seen(/"outcome":"sent"/);
  await pause(30);
  run.kill('SIGKILL');
  await run.ended;
  const { operation } = run.lines()[0] as { operation: string };
  const resumed = await cli('replay', 'resume', operation, '-o', 'ndjson');
  const { counts } = JSON.parse(resumed.stdout.trim().split('\n').at(-1) ?? '') as { counts: Record<string, number> };
  const { sent = 0, done = 0, uncertain = 0 } = counts;
  assert.equal(sent + done + uncertain, 1500);
  assert.ok(uncertain <= 32, 'no more than were under way');
  assert.equal([...seen.values()].filter((times) => times > 1).length, 0);
  assert.ok(seen.size >= sent + done);
  assert.equal(resumed.code, uncertain > 0 ? 1 : 0);
  if (uncertain > 0) assert.equal((await cli('replay', '--everything', '--resend-uncertain', '--yes')).code, 0);
  await pause(50);
  assert.equal(seen.size, 1500);
});

test('abort from another process ends a replay in a folder, and a resumption sends the rest once', async (t) => {
  const { url, connect, store, cli } = await watched(t, 200);
  const client = await connect();
  const sent = await gather(client, 'heddle.tasks.incoming');
  const run = startProgram(
    t,
    ['dead-letter', 'replay', '--everything', '--yes', '--rate', '20/s', '--store', store, '-o', 'ndjson'],
    { env: { NATS_URL: url } },
  );
  await run.seen(/"outcome":"sent"/);
  const { operation } = run.lines()[0] as { operation: string };
  const aborted = await cli('replay', 'abort', operation);
  assert.equal(aborted.stdout, `${operation}: asked to end; what is under way is seen through\n`, aborted.stderr);
  assert.equal(await run.ended, 1);
  const end = run.lines().at(-1) as { state: string; remaining: number };
  assert.equal(end.state, 'aborted');
  assert.ok(end.remaining > 0 && end.remaining < 200);
  assert.match((await cli('replay', 'list')).stdout, new RegExp(`${operation} +aborted`));
  assert.match((await cli('replay', 'abort', operation)).stdout, /it is over already/);
  // What was sent takes nothing of the rate, and is not among what has not begun.
  const slowly = startProgram(
    t,
    ['dead-letter', 'replay', 'resume', operation, '--rate', '1/m', '--store', store, '-o', 'ndjson'],
    { env: { NATS_URL: url } },
  );
  await slowly.seen(/"outcome":"sent"/);
  slowly.kill('SIGTERM');
  assert.equal(await slowly.ended, 143);
  const left = slowly.lines().at(-1) as { remaining: number; counts: Record<string, number> };
  assert.deepEqual([left.counts.done, left.counts.sent, left.remaining], [200 - end.remaining, 1, end.remaining - 1]);
  // What was asked of the one before is not asked of the next.
  const resumed = await cli('replay', 'resume', operation, '--rate', '1000/s');
  assert.equal(resumed.code, 0, resumed.stderr);
  await sent.count(200);
});

test('what may have left when a replay was killed is named, decided one by one, and the rest goes on', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t);
  const { store, cli } = await filled(t, 60, server.url);
  const client = await connect({ servers: [server.url], reconnect: true });
  t.after(() => client.close());
  const seen = new Map<string, number>();
  client.subscribe('heddle.tasks.incoming', ({ data }) => {
    const id = /"task_id":"([^"]+)"/.exec(Buffer.from(data).toString())?.[1] ?? '';
    seen.set(id, (seen.get(id) ?? 0) + 1);
  });
  await client.flush();
  const argv = ['dead-letter', 'replay', '--everything', '--yes', '--concurrency', '8', '--rate', '40/s'];
  const run = startProgram(t, [...argv, '--store', store, '-o', 'ndjson'], { env: { NATS_URL: server.url } });
  await run.seen(/"outcome":"sent"/);
  const { operation } = run.lines()[0] as { operation: string };
  // The server says nothing any more, so whatever leaves from now on is not confirmed.
  server.freeze();
  const left = async (): Promise<{ id: string; state: string }[]> => {
    const { stdout } = await cli('replay', 'show', operation, '-o', 'json');
    return (JSON.parse(stdout) as { items: { id: string; state: string }[] }).items;
  };
  for (let tries = 0; (await left()).filter(({ state }) => state === 'sending').length < 8; tries += 1) {
    assert.ok(tries < 200, 'eight are under way');
    await pause(50);
  }
  run.kill('SIGKILL');
  await run.ended;
  server.thaw();
  const uncertain = (await left()).filter(({ state }) => state === 'uncertain').map(({ id }) => id);
  assert.equal(uncertain.length, 8, 'all that were under way, and no others');
  const [first = '', ...others] = uncertain;
  const shown = await cli('show', first);
  assert.match(shown.stdout.replace(/\s+/g, ' '), /may have been sent again by r-.* → Look whether its work was done/);

  const resumed = await cli('replay', 'resume', operation, '--rate', '1000/s');
  assert.equal(resumed.code, 1);
  assert.match(resumed.stdout, /8 may have been sent: left alone/);
  assert.match(
    resumed.stderr,
    new RegExp(`replay show ${operation}.*archive <id>.*resume ${operation} --resend-uncertain`, 's'),
  );
  assert.equal((await cli('archive', first)).code, 0);
  const decided = await cli('replay', 'resume', operation, '--resend-uncertain', '-o', 'ndjson');
  assert.equal(decided.code, 0, decided.stderr);
  const { counts } = JSON.parse(decided.stdout.trim().split('\n').at(-1) ?? '') as { counts: Record<string, number> };
  assert.deepEqual([counts.sent, counts.archived, counts.uncertain], [7, 1, 0]);
  assert.equal(counts.done, 52);
  await client.flush();
  assert.ok(others.length === 7 && seen.size >= 59);
  assert.ok([...seen.values()].filter((times) => times > 1).length <= 7, 'only what was sent again on purpose');
});

test('an export that nobody could take is not said to be one', {
  skip: process.platform !== 'linux' && 'only Linux has a full disk for everybody',
}, async (t) => {
  const { store } = await watched(t, 20);
  const argv = [...PROGRAM, 'dead-letter', 'export', '--all', '--store', store];
  const { status, stderr } = spawnSync('sh', ['-c', 'exec "$0" "$@" >/dev/full', ...argv], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [1, 'error: cannot write to stdout: ENOSPC: no space left on device, write\n']);
});
