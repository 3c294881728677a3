import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import { runWorker } from '../../src/worker/sdk.ts';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { startProgram } from '../helpers/program.ts';
import { inProject } from '../helpers/root.ts';
import { taskText } from './start.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-careless-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const NEVER = 'new Promise(() => { setInterval(() => {}, 1000); })';
const HANDLERS: readonly (readonly [what: string, module: string, sign: RegExp, exit: number, said: RegExp])[] = [
  [
    'leaves a timer running',
    'setInterval(() => {}, 1000); export default () => ({});',
    /worker echo\.local/,
    0,
    /worker stopped/,
  ],
  [
    'never ends its teardown',
    `export default { handle: () => ({}), teardown: () => ${NEVER} };`,
    /worker echo\.local/,
    143,
    /the teardown of the handler did not end within the grace/,
  ],
  [
    'never ends its setup',
    `export default { handle: () => ({}), setup: () => { console.error('begun'); return ${NEVER}; } };`,
    /begun/,
    143,
    /interrupted by SIGTERM/,
  ],
  [
    'never loads',
    `console.error('begun'); await ${NEVER}; export default () => ({});`,
    /begun/,
    143,
    /interrupted by SIGTERM/,
  ],
];

test('SIGTERM ends a worker whose handler', { skip: process.platform === 'win32' }, async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const config = inProject('test', 'worker', 'echo.yaml');
  for (const [at, [what, module, sign, exit, said]] of HANDLERS.entries()) {
    await t.test(what, async (inner) => {
      const handler = join(folder, `${at}.mjs`);
      writeFileSync(handler, module);
      const argv = ['worker', '--config', config, '--handler', handler, '--grace', '300ms', '--nats-url', broker.url];
      const program = startProgram(inner, argv);
      await program.seen(sign);
      program.kill('SIGTERM');
      assert.equal(await program.ended, exit, program.stderr());
      assert.match(program.stdout() + program.stderr(), said);
    });
  }
});

for (const bus of BUSES.slice(0, 1)) {
  test(`settings that no worker could keep are refused, over ${bus.name}`, { skip: bus.skip }, async (t) => {
    const { connect } = await bus.start(t);
    const transport = await connect();
    for (const [options, problem] of [
      [{ concurrency: 0 }, /a concurrency of 0/],
      [{ concurrency: Number.NaN }, /a concurrency of NaN/],
      [{ timeoutMs: Number.POSITIVE_INFINITY }, /a time-out of Infinity ms/],
      [{ timeoutMs: 0 }, /a time-out of 0 ms/],
      [{ timeoutMs: 2 ** 31 }, /a time-out of 2147483648 ms/],
    ] as const) {
      const config = { name: 'w', ...('timeoutMs' in options ? { timeoutMs: options.timeoutMs } : {}) };
      const concurrency = 'concurrency' in options ? options.concurrency : undefined;
      await assert.rejects(runWorker(transport, { config, handler: () => ({}), concurrency }), problem);
    }
  });
}

test('a log that throws costs no task its result', async (t) => {
  const broker = await startBroker();
  const bus = await connect({ servers: [broker.url], timeoutMs: 20_000 });
  t.after(async () => {
    await bus.close();
    await broker.close();
  });
  const log = (): void => {
    throw new Error('the log is full');
  };
  const worker = await runWorker(bus, { config: { name: 'echo' }, handler: (payload) => payload, log });
  t.after(() => worker.stop(1_000));
  const results = await gather(bus, 'heddle.results.default');
  for (const id of ['1', '2']) bus.publish('heddle.tasks.echo.local', taskText(id));
  await results.count(2);
});
