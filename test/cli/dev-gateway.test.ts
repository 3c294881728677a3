import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveBeside } from '../../src/cli/dev/gateway.ts';
import { systemClock } from '../../src/time/clock.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';
import { listening, poll, resolve, sendTasks } from '../gateway/workers/kit.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

test('the gateway of dev holds what workers answer to their schemas, as heddle-ts gateway does', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-dev-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(
    file,
    'kind: gateway\nlisten: 127.0.0.1:0\nrequests: false\nconfigs_dir: .\nworkers: {types: {ocr: {}}}\n',
  );
  const schema = '{type: object, required: [text]}';
  const worker = `name: ocr\nworker_kind: processor\nprocessing_backend: a.B\noutput_schema: ${schema}\n`;
  writeFileSync(join(folder, 'ocr.yaml'), worker);
  const memory = createMemoryBus();
  const ends: (() => unknown)[] = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
    await memory.close();
  });
  const session = {
    io: { clock: systemClock, env: {}, platform: process.platform },
    talk: { warn: () => {} },
    atEnd: (end: () => unknown) => void ends.push(end),
  };
  const beside = { file, shown: 'gateway.yaml', named: true };
  const { url } = await serveBeside(session as never, beside, { connect: () => memory.connect() }, () => {});
  const gateway = {
    ask: (path: string, { json }: { json?: unknown } = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: JSON.stringify(json),
        headers: { 'content-type': 'application/json' },
      }),
  };
  const bus = await memory.connect();
  const polling = poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['t']);
  const [item] = await polling;
  const { body } = await resolve(gateway, item?.task_id ?? '', { action: 'complete', output: { txt: 1 } });
  assert.deepEqual(
    [body.status, body.error],
    ['failed', 'Output validation: ["output: missing required field \'text\'"]'],
  );
});
