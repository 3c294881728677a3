import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject } from '../helpers/root.ts';
import { until } from '../http/raw.ts';
import { actors } from './bus.ts';
import { bodyOf, startGateway } from './start.ts';

noLeaks();

async function busFor(t: TestContext): Promise<() => Promise<Transport>> {
  const broker = await startBroker();
  const open: Transport[] = [];
  t.after(async () => {
    await Promise.all(open.map((each) => each.close()));
    await broker.close();
  });
  return async () => {
    const transport = await connect({ servers: [broker.url], timeoutMs: 20_000 });
    open.push(transport);
    return transport;
  };
}

/** Says these lines at its start; what it hears goes to stderr, where the gateway tells it. */
function saying(...lines: readonly string[]): string {
  const script = `process.stdin.on('data', (data) => process.stderr.write(data)).on('end', () => process.exit()); process.stdout.write(${JSON.stringify(lines.map((line) => `${line}\n`).join('')).replace('LONG', `"+"x".repeat(300000)+"`)});`;
  return JSON.stringify([process.execPath, '-e', script]);
}

test('lines become tasks: acknowledged by id, refused with the reason, answered where that is wanted', async (t) => {
  const bus = await busFor(t);
  await actors(t, await bus());
  const command = saying(
    '{"type":"event","id":"a-1","data":{"volts":3.30}}',
    '{"type":"event","id":2,"data":7}',
    '{"type":"event","id":"bad","data":{"other":1}}',
    '{"volts":1,"plain":true}',
    'no json',
    '{"type":"strange"}',
    'LONG',
    '{"type":"log","message":"hello from the cellar"}',
  );
  const gateway = await startGateway(
    t,
    await bus(),
    `kind: gateway\nsidecars:\n  - {name: usb, command: ${command}, to: task, worker_type: echo, answers: true, payload: {v: {ref: /data/volts}, from: "{sidecar}"}}\n`,
    { platform: process.platform, env: { PATH: process.env.PATH ?? '' } },
  );
  const said = (): string =>
    gateway.events.flatMap((event) => (event.kind === 'sidecar_line' ? [event.text] : [])).join('\n');
  await until('what it hears', () => /"type":"result"/.test(said()) && /hello from the cellar/.test(said()));
  assert.match(said(), /\{"type":"ack","id":"a-1","task_id":"[0-9a-f-]{36}"\}/);
  assert.match(said(), /"type":"result","id":"a-1","result":\{.*"output":\{"v":3\.3,"from":"usb"\}/);
  assert.match(
    said(),
    /\{"type":"refused","id":2,"reason":"what came in has nothing at \/data\/volts","retryable":false\}/,
  );
  assert.match(said(), /"id":"bad","reason"/);
  const state = ((await bodyOf(await gateway.ask('/readyz'))).sidecars as Record<string, unknown>[])[0];
  assert.deepEqual([state?.name, state?.bad_lines, state?.deaths], ['usb', 3, 0]);
  const metrics = await (await gateway.ask('/metrics')).text();
  assert.match(metrics, /sidecar_lines_total\{sidecar="usb",outcome="accepted"\} 2/);
  assert.match(metrics, /sidecar_lines_total\{sidecar="usb",outcome="unmapped"\} 2/);
});

test('the same line id is the same task; while nobody listens lines are held up to the bound, and refused beyond', async (t) => {
  const bus = await busFor(t);
  const lines = ['x', 'x', 'y', 'z'].map((id) => JSON.stringify({ type: 'event', id, data: { id } }));
  const gateway = await startGateway(
    t,
    await bus(),
    `kind: gateway\nsidecars:\n  - {name: s, command: ${saying(...lines)}, to: task, worker_type: echo, inflight: 3}\n`,
    { platform: process.platform, env: { PATH: process.env.PATH ?? '' } },
  );
  const said = (): string =>
    gateway.events.flatMap((event) => (event.kind === 'sidecar_line' ? [event.text] : [])).join('\n');
  await until('the one too many', () => /"id":"z","reason":"too many lines wait","retryable":true/.test(said()));
  const tasks: { task_id: string }[] = [];
  const listener = await bus();
  listener.subscribe('heddle.tasks.incoming', ({ data }) =>
    tasks.push(JSON.parse(Buffer.from(data).toString()) as { task_id: string }),
  );
  await listener.flush();
  await until('the three', () => tasks.length === 3);
  assert.equal(new Set(tasks.map(({ task_id: id }) => id)).size, 2);
});

test('one that dies is started again; a program that there is not ends the start', async (t) => {
  const bus = await busFor(t);
  const dying = JSON.stringify([process.execPath, '-e', 'process.exit(4)']);
  const gateway = await startGateway(
    t,
    await bus(),
    `kind: gateway\nsidecars:\n  - {name: s, command: ${dying}, to: goal, restart: {max: 0}}\n`,
    { platform: process.platform, env: { PATH: process.env.PATH ?? '' } },
  );
  await until('the end', () =>
    gateway.events.some((event) => event.kind === 'sidecar_down' && /1 times/.test(event.reason)),
  );
  const state = ((await bodyOf(await gateway.ask('/readyz'))).sidecars as Record<string, unknown>[])[0];
  assert.equal(state?.state, 'gone');
  await assert.rejects(
    startGateway(t, await bus(), 'kind: gateway\nsidecars: [{name: s, command: [/nowhere/x], to: goal}]\n', {
      platform: process.platform,
    }),
    /cannot start "\/nowhere\/x"/,
  );
});

const go = spawnSync('go', ['version']).status === 0 ? false : 'no go on this machine';

test('the example in Go hands a device over, line by line', { skip: go }, async (t) => {
  const bus = await busFor(t);
  const tasks: { payload: unknown }[] = [];
  const listener = await bus();
  listener.subscribe('heddle.tasks.incoming', ({ data }) =>
    tasks.push(JSON.parse(Buffer.from(data).toString()) as { payload: unknown }),
  );
  await listener.flush();
  const folder = mkdtempSync(join(tmpdir(), 'heddle-reader-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [program, device] = [join(folder, 'reader'), join(folder, 'device')];
  const built = spawnSync('go', ['build', '-o', program, inProject('examples', 'sidecar', 'reader.go')], {
    encoding: 'utf8',
  });
  assert.equal(built.status, 0, built.stderr);
  writeFileSync(device, 'one\ntwo\nthree\n');
  const command = JSON.stringify([program, device]);
  await startGateway(
    t,
    await bus(),
    `kind: gateway\nsidecars: [{name: usb, command: ${command}, to: task, worker_type: serial}]\n`,
    { platform: process.platform, env: { PATH: process.env.PATH ?? '' } },
  );
  await until('its lines', () => tasks.length === 3);
  assert.deepEqual(
    tasks.map(({ payload }) => payload),
    [{ line: 'one' }, { line: 'two' }, { line: 'three' }],
  );
});
