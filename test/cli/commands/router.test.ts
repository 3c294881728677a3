import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, startCli } from '../../helpers/fake-io.ts';
import { type Gathering, gather } from '../../helpers/gather.ts';
import { assertKeepsSchema } from '../../helpers/output-schema.ts';
import { bedFor } from './bed.ts';

let routed: Gathering;
const bed = bedFor('router', async ({ client, folder }) => {
  routed = await gather(client, 'heddle.tasks.*.*');
  mkdirSync(join(folder, 'configs'));
  writeFileSync(
    join(folder, 'rules.yaml'),
    'tier_overrides: {echo: local}\nrate_limits:\n  local: {max_concurrent: 2, tokens_per_minute: 600}\n',
  );
  writeFileSync(join(folder, 'bad.yaml'), 'tier_overrides: {echo: gpu}\n');
  writeFileSync(join(folder, 'null.yaml'), 'rate_limits: null\n');
});
const { at, folder } = bed;
const send = async (id: string): Promise<string> => {
  bed.client.publish('heddle.tasks.incoming', JSON.stringify({ task_id: id, worker_type: 'echo', payload: {} }));
  return (await routed.find(({ text }) => text.includes(`"${id}"`))).subject;
};

test('by the rules it was given; the start line says how the limits refill; SIGHUP reads again', async () => {
  const { io, exit } = startCli(at('--config', 'rules.yaml'), { cwd: folder });
  await io.seen(/queue group router; local 2 at once, then 2 a minute, refill by max_concurrent; 1 tier override/);
  assert.equal(await send('a'), 'heddle.tasks.echo.local');
  writeFileSync(join(folder, 'rules.yaml'), 'tier_overrides: {echo: frontier}\n');
  io.signal('SIGHUP');
  await io.seen(/rules read again: no rate limits; 1 tier override/);
  assert.equal(await send('b'), 'heddle.tasks.echo.frontier');
  writeFileSync(join(folder, 'rules.yaml'), 'tier_overrides: {echo: gpu}\n');
  bed.client.publish('heddle.control.reload', '{"action":"reload"}');
  await io.seen(/reload refused, the old config stays: rules\.yaml:1:24/);
  assert.equal(await send('c'), 'heddle.tasks.echo.frontier');
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
  assert.match(io.out(), /router stopped: 3 forwarded, 0 dead letters\n$/);
});

test('--refill tokens_per_minute, as documented', async () => {
  writeFileSync(join(folder, 'minute.yaml'), 'rate_limits:\n  local: {max_concurrent: 2, tokens_per_minute: 600}\n');
  const { io, exit } = startCli(at('--config', 'minute.yaml', '--refill', 'tokens_per_minute'), { cwd: folder });
  await io.seen(/local 2 at once, then 600 a minute, refill by tokens_per_minute/);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
});

test('without a rules file it routes without rules, and says so; -v shows each route; ndjson keeps its schema', async () => {
  const { io, exit } = startCli(at('-v', '-o', 'ndjson'), { cwd: folder });
  await io.seen(/router_started/);
  assert.match(io.err(), /no configs\/router_rules\.yaml: routing without rules/);
  assert.equal(await send('d'), 'heddle.tasks.echo.standard');
  bed.client.publish('heddle.tasks.incoming', '[]');
  bed.client.publish('heddle.tasks.incoming', '{');
  await io.seen(/"skipped"/);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
  const lines = io
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines) assertKeepsSchema('log', line);
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['router_started', 'routed', 'dead_lettered', 'skipped', 'router_stopped'],
  );
});

test('--no-queue-group says what it means', async () => {
  const { io, exit } = startCli(at('--no-queue-group'), { cwd: folder });
  await io.seen(/no queue group: every replica routes every task/);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
});

for (const [argv, code, said] of [
  [['--config', 'none.yaml'], 2, /none\.yaml: there is no such file/],
  [['--config', 'bad.yaml'], 1, /bad\.yaml:1:24: the tier of 'echo' must be one of/],
  [['--config', 'null.yaml'], 1, /may not be null/],
  [['--refill', 'sometimes'], 2, /max_concurrent/],
] as const) {
  test(`refuses ${argv.join(' ')}`, async () => {
    const run = await runCli(at(...argv), { cwd: folder });
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, said);
  });
}

test('a second signal ends at once', async () => {
  const { io, exit } = startCli(at(), { cwd: folder });
  await io.seen(/router on/);
  io.signal('SIGINT');
  io.signal('SIGINT');
  assert.equal(io.endedWith(), 130);
  await exit;
});
