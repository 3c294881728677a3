import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BUSES, type TestBus } from '../helpers/buses.ts';
import { type CliRun, runCli } from '../helpers/fake-io.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { startProgram } from '../helpers/program.ts';
import { refusal } from './bus.ts';

noLeaks();

/** A folder with so many letters, and the bus that they came from. */
async function watched(
  t: TestContext,
  many: number,
): Promise<TestBus & { store: string; cli(...argv: string[]): Promise<CliRun> }> {
  const bus = await BUSES[0]!.start(t);
  const store = mkdtempSync(join(tmpdir(), 'heddle-letters-'));
  t.after(() => rmSync(store, { recursive: true, force: true }));
  const watch = startProgram(t, ['dead-letter', 'watch', '--store', store], { env: { NATS_URL: bus.url } });
  await watch.seen(/keeping failed work/);
  const client = await bus.connect();
  for (let n = 0; n < many; n += 1) client.publish('heddle.tasks.dead_letter', refusal(`t-${n}`));
  await client.flush();
  await watch.seen(new RegExp(`task t-${many - 1}\\b`));
  watch.kill('SIGTERM');
  assert.equal(await watch.ended, 0);
  return {
    ...bus,
    store,
    cli: (...argv) => runCli(['dead-letter', ...argv, '--store', store], { env: { NATS_URL: bus.url } }),
  };
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
