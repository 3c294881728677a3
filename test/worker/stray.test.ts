import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import { gather } from '../helpers/gather.ts';
import { startProgram } from '../helpers/program.ts';
import { inProject } from '../helpers/root.ts';
import { taskText } from './start.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-stray-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('what a handler leaves behind and then fails is a line in the log, and the worker goes on', async (t) => {
  const handler = join(folder, 'careless.mjs');
  writeFileSync(
    handler,
    'export default ({ how }) => { if (how === "throw") setTimeout(() => { throw new Error("a timer"); }, 1); else void Promise.reject(new Error("a promise")); return {}; };',
  );
  const broker = await startBroker();
  const client = await connect({ servers: [broker.url], timeoutMs: 20_000 });
  t.after(async () => {
    await client.close();
    await broker.close();
  });
  const config = inProject('test', 'worker', 'echo.yaml');
  const worker = startProgram(t, ['worker', '--config', config, '--handler', handler, '--nats-url', broker.url]);
  await worker.seen(/worker echo\.local/);
  const results = await gather(client, 'heddle.results.default');
  for (const [id, how] of [
    ['1', 'throw'],
    ['2', 'reject'],
    ['3', 'throw'],
  ] as const) {
    client.publish('heddle.tasks.echo.local', taskText(id, { payload: { how } }));
    await results.find(({ text }) =>
      text.includes(`"task_id":"${id}","parent_task_id":null,"worker_type":"echo","status":"completed"`),
    );
    await worker.seen(how === 'throw' ? /left behind failed: Error: a timer/ : /left behind failed: Error: a promise/);
  }
  worker.kill('SIGTERM');
  assert.equal(await worker.ended, 0);
});
