import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Transport } from '../../../src/transport/transport.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { inProcess } from '../../../src/worker/in-process.ts';
import { openGate } from '../../../src/worker/via/gate.ts';
import { serveVia, type ViaOptions } from '../../../src/worker/via/serve.ts';
import { startGateway, TOKEN } from '../../gateway/start.ts';
import { hearResults, listening, sendTasks, until } from '../../gateway/workers/kit.ts';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { startProgram } from '../../helpers/program.ts';
import { inProject } from '../../helpers/root.ts';

noLeaks();

const SETTINGS = {
  name: 'ocr',
  kind: 'processor' as const,
  tier: 'standard',
  inputSchema: { type: 'object', required: ['id'] },
  outputSchema: undefined,
  timeoutMs: undefined,
};

async function served(
  t: TestContext,
  text: string,
  handle: (payload: Record<string, unknown>, signal: AbortSignal) => unknown,
  more: Partial<ViaOptions> = {},
) {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    `${text}auth: {tokens: [{id: w, env: W, scopes: [work, metrics]}]}\n`,
    { env: { W: TOKEN } },
  );
  const events: WorkerEvent[] = [];
  const running = await serveVia({
    gate: openGate({ url: gateway.url, token: TOKEN }),
    settings: SETTINGS,
    workerId: 'a-worker',
    performer: inProcess({
      handle: async (payload: Record<string, unknown>, { signal }) =>
        (await handle(payload, signal)) as Record<string, unknown>,
    }),
    log: (event) => events.push(event),
    ...more,
  });
  t.after(() => running.stop(100));
  const bus: Transport = await connect();
  await listening(bus, 'ocr');
  return { gateway, running, events, bus, results: await hearResults(bus) };
}

test('the same handlers over HTTP: results, failures and wrong payloads as on the bus, every digit kept', async (t) => {
  const { bus, results, running, gateway } = await served(
    t,
    'workers: {types: {ocr: {}}}\n',
    (payload) => {
      if (payload.fail === true) throw new Error('as it was told');
      return payload;
    },
    { concurrency: 3 },
  );
  sendTasks(bus, 'ocr', ['a', 'b', 'c', 'd']);
  sendTasks(bus, 'ocr', ['f'], { payload: { id: 1, fail: true } });
  sendTasks(bus, 'ocr', ['w'], { payload: { nothing: 1 } });
  await until('all results', () => results.length === 6);
  const said = Object.fromEntries(results.map(({ task_id, status, error }) => [task_id, [status, error ?? null]]));
  assert.deepEqual(said, {
    ...Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, ['completed', null]])),
    f: ['failed', 'as it was told'],
    w: ['failed', 'Input validation: ["input: missing required field \'id\'"]'],
  });
  const listed = await (await gateway.ask('/v1/workers', { headers: { authorization: `Bearer ${TOKEN}` } })).text();
  assert.match(listed, /"worker_id":"a-worker"/);
  assert.deepEqual(
    { ...(await running.stop(5_000)) },
    { taken: 6, completed: 4, failed: 2, skipped: 0, unconfirmed: 0, unsent: 0, unheard: 0 },
  );
});

test('heartbeats keep a task that takes longer than its lease; what the grace does not suffice for goes back to the others', async (t) => {
  let ended: unknown;
  const { bus, results, running } = await served(
    t,
    'workers: {types: {ocr: {lease_s: 1}}}\n',
    async (payload, signal) => {
      if (payload.id === 'long') await new Promise((resolve) => setTimeout(resolve, 2_500));
      else if (payload.id === 'never') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      ended = signal.aborted;
      return {};
    },
  );
  sendTasks(bus, 'ocr', ['long']);
  await until('the result', () => results.length === 1);
  assert.equal(results[0]?.status, 'completed');
  // The worker asks again only after its answer, and what is sent before that is lost.
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['never']);
  await until('it runs', () => running.running === 1);
  const native: unknown[] = [];
  bus.subscribe(
    'heddle.tasks.ocr.standard',
    ({ data }) => void native.push(JSON.parse(Buffer.from(data).toString()).task_id),
    { queue: 'processors-ocr' },
  );
  const counts = await running.stop(500);
  assert.deepEqual([counts.completed, counts.failed, counts.unsent], [1, 0, 0]);
  await until('somebody else has it', () => native.includes('never'));
  await until('the handler was told', () => ended === true);
  assert.equal(results.length, 1);
});

test('a gateway that is away is waited for; a token that it does not know ends the worker', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const text = 'workers: {types: {ocr: {}}}\nauth: {tokens: [{id: w, env: W, scopes: [work]}]}\n';
  const first = await startGateway(t, await connect(), text, { env: { W: TOKEN } });
  const { port } = new URL(first.url);
  const events: WorkerEvent[] = [];
  const options: ViaOptions = {
    gate: openGate({ url: first.url, token: TOKEN }),
    settings: SETTINGS,
    workerId: 'w',
    performer: inProcess({ handle: (payload: Record<string, unknown>) => payload }),
    log: (event) => events.push(event),
  };
  const running = await serveVia(options);
  t.after(() => running.stop(100));
  await first.drain(0);
  await until('it is away', () => events.some(({ kind }) => kind === 'gateway_away'));
  const bus = await connect();
  const results = await hearResults(bus);
  await startGateway(t, await connect(), `listen: 127.0.0.1:${port}\n${text}`, { env: { W: TOKEN } });
  await until('it is back', () => events.some(({ kind }) => kind === 'gateway_back'), 40_000);
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['t']);
  await until('the result', () => results.length === 1);
  const stranger = await serveVia({ ...options, gate: openGate({ url: first.url, token: 'another token, and long' }) });
  assert.equal((await stranger.closed)?.code, 'auth_wrong');
  await stranger.stop(100);
});

test('the command: a program behind --exec, the token from the environment, a clean end', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const text = 'workers: {types: {echo: {}}}\nauth: {tokens: [{id: w, env: W, scopes: ["work:echo"]}]}\n';
  const gateway = await startGateway(t, await connect({ reconnect: true }), text, { env: { W: TOKEN } });
  const bus = await connect();
  const results = await hearResults(bus);
  const program = startProgram(
    t,
    [
      'worker',
      '--config',
      inProject('test', 'worker', 'echo.yaml'),
      '--tier',
      'standard',
      '--echo',
      '--via',
      gateway.url,
      '-o',
      'ndjson',
    ],
    { env: { HEDDLE_GATEWAY_TOKEN: TOKEN } },
  );
  await program.seen(/via_started/);
  await listening(bus, 'echo');
  bus.publish(
    'heddle.tasks.echo.standard',
    '{"task_id":"t","parent_task_id":"p","worker_type":"echo","payload":{"text":"x","n":1.0}}',
  );
  await until('the result', () => results.length === 1);
  assert.equal(results[0]?.status, 'completed', JSON.stringify(results[0]));
  program.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  assert.doesNotMatch(program.stdout() + program.stderr(), new RegExp(TOKEN));
});
