import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../src/transport/nats.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { freePort } from '../helpers/ports.ts';

noLeaks();

interface Status {
  readonly problems: { problem: string; target: string; message: string; hint: string }[];
}

test('whom the server cut off as a slow consumer, its monitoring port tells', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const port = await freePort();
  const server = await natsServerFor(t, {
    config: `max_pending: 1MB\nwrite_deadline: "500ms"\nhttp: "127.0.0.1:${port}"`,
  });
  const bus = await connect({ servers: [server.url] });
  t.after(() => bus.close());

  // One that came, heard and left by itself is none.
  const other = await connect({ servers: [server.url] });
  other.subscribe('heddle.tasks.echo.local', () => {}, { queue: 'processors-echo' });
  await other.flush();
  await other.close();

  const { hostname, port: busPort } = new URL(server.url);
  const stuck = dial(Number(busPort), hostname);
  t.after(() => stuck.destroy());
  stuck.on('error', () => {});
  await once(stuck, 'connect');
  stuck.write('CONNECT {"verbose":false,"lang":"python3","version":"2.14.0"}\r\n');
  stuck.write('SUB heddle.tasks.ocr.local processors-ocr 1\r\nPING\r\n');
  await pause(200);
  stuck.pause();

  const read = async (): Promise<Status> => {
    const { code, stdout } = await runCli(['status', '--json', '--monitor', `http://127.0.0.1:${port}`], { env: {} });
    assert.equal(code, 0);
    const document = JSON.parse(stdout) as Status;
    assertKeepsSchema('status', document);
    return document;
  };
  const cutOff = async () => (await read()).problems.filter(({ problem }) => problem === 'client_cut_off');
  assert.deepEqual(await cutOff(), []);
  const large = 'x'.repeat(500_000);
  for (let sent = 0; sent < 200 && (await cutOff()).length === 0; sent += 20) {
    for (let each = 0; each < 20; each += 1) bus.publish('heddle.tasks.ocr.local', large);
    await bus.flush();
  }
  const [found, ...more] = await cutOff();
  assert.deepEqual(more, []);
  assert.match(
    found?.message ?? '',
    /python3 .*was cut off as a slow consumer at 20\S+: what waited for it on heddle\.tasks\.ocr\.local is lost$/,
  );
  assert.match(found?.hint ?? '', /does not come back by itself: restart it/);
});
