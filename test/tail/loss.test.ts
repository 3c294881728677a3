import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { follow } from '../../src/tail/follow.ts';
import type { TailOptions } from '../../src/tail/options.ts';
import { Tail } from '../../src/tail/tail.ts';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { FakeOutput, result } from './fake.ts';

// What a real connection can lose, and what the tail says of it.

noLeaks();
const skip = { skip: skipWithoutNatsServer() };
const notOnWindows = { skip: skip.skip || (process.platform === 'win32' && 'no SIGSTOP on Windows') };

interface Watch {
  readonly tail: Tail;
  readonly output: FakeOutput;
  readonly transport: Transport;
  /** Resolves when so many records were shown. */
  until(condition: () => boolean): Promise<void>;
}

async function watching(
  t: TestContext,
  url: string,
  { connection = {}, ...options }: Partial<TailOptions> & { connection?: Partial<ConnectOptions> } = {},
): Promise<Watch> {
  const pingIntervalMs = connection.pingIntervalMs ?? 10_000;
  const transport = await connect({ servers: [url], reconnect: true, timeoutMs: 5000, ...connection });
  const output = new FakeOutput();
  const tail = new Tail({ output, ...options });
  const feed = await follow(transport, tail, { patterns: ['heddle.results.*'], pingIntervalMs });
  tail.start();
  t.after(async () => {
    feed.stop();
    tail.stop('interrupted');
    await tail.done.catch(() => {});
    await transport.close();
  });
  const until = async (condition: () => boolean): Promise<void> => {
    const deadline = performance.now() + 30_000;
    while (!condition()) {
      assert.ok(performance.now() < deadline, `not seen in 30 s; shown: ${output.texts.slice(-5).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { tail, output, transport, until };
}

function publish(transport: Transport, n: number): void {
  transport.publish('heddle.results.default', result({ n }));
}

test('a server that is restarted leaves a gap, and its messages come again', skip, async (t) => {
  const server = await natsServerFor(t);
  const { output, transport, until } = await watching(t, server.url, { filter: { status: ['completed'] } });
  publish(transport, 1);
  await until(() => output.texts.length === 1);
  const before = Date.now();
  await server.restart();
  await until(() => output.records.some(({ record }) => record === 'gap'));
  publish(transport, 2);
  transport.publish('heddle.results.default', result({ status: 'failed' }));
  publish(transport, 3);
  await until(() => output.texts.length === 4);
  const gap = output.records[1];
  assert.ok(gap?.record === 'gap' && gap.reason === 'disconnected' && gap.missed === undefined);
  assert.ok(gap.from >= before - 5 && gap.to >= gap.from, `${gap.from} to ${gap.to}`);
  assert.deepEqual(
    output.texts.filter((text) => text !== 'gap').map((text) => JSON.parse(text).n),
    [1, 2, 3],
  );
});

test('a frozen server is noticed, and its silence is a gap', notOnWindows, async (t) => {
  const server = await natsServerFor(t);
  const { output, transport, until } = await watching(t, server.url, {
    connection: { pingIntervalMs: 100, timeoutMs: 500 },
  });
  let stale = false;
  transport.onEvent((event) => {
    stale ||= event.kind === 'stale';
  });
  server.freeze();
  await until(() => stale);
  server.thaw();
  await until(() => output.records.length > 0);
  const [gap] = output.records;
  assert.ok(gap?.record === 'gap' && gap.reason === 'stale');
  publish(transport, 1);
  await until(() => output.texts.length === 2);
});

test('a path that is cut is a gap; the way around it is found', skip, async (t) => {
  const server = await natsServerFor(t);
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = dial(server.port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('data', (chunk) => void to.write(chunk));
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  const { output, transport, until, tail } = await watching(t, `nats://127.0.0.1:${port}`);
  for (const socket of sockets) socket.resetAndDestroy();
  await until(() => output.records.length === 1);
  publish(transport, 1);
  await until(() => output.texts.length === 2);
  assert.equal(tail.figures.gaps.unknown, 1);
});

/** A publisher in a process of its own, which goes on while ours stands still. */
function pour(t: TestContext, port: number, bytes: number, login: string): ChildProcess {
  const script = `
    const body = Buffer.from(JSON.stringify({ task_id: 't', worker_type: 'w', status: 'completed', output: { text: 'x'.repeat(4000) } }));
    const frame = Buffer.concat([Buffer.from('PUB heddle.results.default ' + body.length + '\\r\\n'), body, Buffer.from('\\r\\n')]);
    const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
      socket.write('CONNECT {"verbose":false${login}}\\r\\n');
      socket.write(Buffer.concat(new Array(Math.ceil(${bytes} / frame.length)).fill(frame)));
      socket.write('PING\\r\\n');
    });
    let heard = '';
    socket.on('data', (chunk) => { heard += chunk; if (heard.includes('PONG')) process.exit(); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  t.after(() => child.kill());
  return child;
}

test('a server that cuts us off as too slow tells how much it had sent in vain', skip, async (t) => {
  const server = await natsServerFor(t, {
    config: `max_payload: 100KB
      max_pending: 512KB
      write_deadline: "200ms"
      accounts { A { users: [{ user: a, password: a }] } }`,
  });
  const { output, tail, until } = await watching(t, server.url, { connection: { auth: { user: 'a', password: 'a' } } });
  const child = pour(t, server.port, 40_000_000, ',"user":"a","pass":"a"');
  const exited = once(child, 'exit');
  await until(() => output.texts.length > 0);
  // The whole process stands still, as one that is stopped or starved.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
  await exited;
  await until(() => output.records.some(({ record }) => record === 'gap'));
  const gap = output.records.find((record) => record.record === 'gap');
  assert.ok(gap?.record === 'gap', 'there is a gap');
  assert.ok(gap.missed === undefined && (gap.atLeast ?? 0) > 0, `at least: ${gap.atLeast}, ${gap.reason}`);
  const shown = output.records.filter(({ record }) => record === 'message').length;
  const published = Math.ceil(40_000_000 / 4114);
  assert.ok(shown + (gap.atLeast ?? 0) <= published, `${shown} shown + ${gap.atLeast} of ${published}`);
  assert.equal(tail.figures.gaps.missed, gap.atLeast);
});
