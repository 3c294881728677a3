import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startProgram } from '../helpers/program.ts';

// A server that says it has JetStream and answers nothing about it. It is given long enough to choose a leader; a signal is heard meanwhile.

/** Its address, and when it was asked for its streams. */
async function mute(t: TestContext): Promise<{ url: string; asked: Promise<void> }> {
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const info = { server_id: 'X', server_name: 'x', version: '2.10.0', proto: 1, headers: true, jetstream: true };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    socket.write(`INFO ${JSON.stringify({ ...info, max_payload: 1_048_576 })}\r\n`);
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (text.includes('PUB $JS.API.')) ask();
      for (const _ of text.matchAll(/PING\r\n/g)) socket.write('PONG\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `nats://127.0.0.1:${(server.address() as { port: number }).port}`, asked };
}

for (const [argv, code] of [
  [['dead-letter', 'list'], 143],
  [['dead-letter', 'enable'], 143],
  [['gateway', '--listen', '127.0.0.1:0'], 0],
] as const) {
  test(`${argv.join(' ')}: a signal is heard while the server says nothing of its streams`, async (t) => {
    const { url, asked } = await mute(t);
    const run = startProgram(t, [...argv, '--nats-url', url, '--no-env-file']);
    await Promise.race([asked, run.ended]);
    run.kill('SIGTERM');
    // It would wait for 15 s.
    const late = setTimeout(() => run.kill('SIGKILL'), 8_000);
    assert.equal(await run.ended, code, run.stdout() + run.stderr());
    clearTimeout(late);
  });
}
