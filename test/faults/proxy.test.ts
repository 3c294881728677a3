import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { noLeaks } from '../helpers/leaks.ts';
import { type FaultyProxy, proxyFor } from './proxy.ts';

noLeaks();

/** A server of the test's own behind a proxy. */
async function behindProxy(t: TestContext, serve: (socket: Socket) => void): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await proxyFor(t, (server.address() as AddressInfo).port);
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return proxy;
}

async function dial(t: TestContext, { port }: FaultyProxy): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const echoing = (socket: Socket): void => void socket.pipe(socket);

/** `once` would take the reset that comes before it for its own failure. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function untilGone(proxy: FaultyProxy): Promise<void> {
  for (let tries = 0; proxy.open > 0 && tries < 200; tries += 1) await pause(10);
  assert.equal(proxy.open, 0);
}

test('what goes in comes out, whole and in order, and its end with it', async (t) => {
  const proxy = await behindProxy(t, echoing);
  const there = createHash('sha256');
  const back = createHash('sha256');
  const socket = await dial(t, proxy);
  socket.on('data', (bytes) => back.update(bytes));
  const ended = once(socket, 'end');
  let sent = 0;
  for (let at = 0; at < 300; at += 1) {
    const bytes = randomBytes(1 + ((at * 7919) % 60_000));
    there.update(bytes);
    sent += bytes.length;
    if (at === 100) proxy.delay(5);
    if (at === 200) proxy.delay(0);
    if (!socket.write(bytes)) await once(socket, 'drain');
  }
  socket.end();
  await ended;
  assert.equal(back.digest('hex'), there.digest('hex'));
  assert.deepEqual(proxy.passed, { toServer: sent, toClient: sent });
  await untilGone(proxy);
});

test('one direction ends and the other goes on, from either side', async (t) => {
  const proxy = await behindProxy(t, (socket) => {
    socket.once('data', () => {
      // The server has said all it wants to, and still listens.
      socket.end('last words');
      let heard = '';
      socket.on('data', (bytes) => {
        heard += bytes.toString();
      });
      socket.on('end', () => {
        told = heard;
      });
    });
  });
  let told: string | undefined;
  const socket = await dial(t, proxy);
  const ended = once(socket, 'end');
  let said = '';
  socket.on('data', (bytes) => {
    said += bytes.toString();
  });
  socket.write('begin');
  await ended;
  assert.equal(said, 'last words');
  socket.write('and');
  await pause(20);
  socket.end(' more');
  await untilGone(proxy);
  assert.equal(told, 'and more');
});

test('a long way takes its time in each direction, however much is under way', async (t) => {
  const proxy = await behindProxy(t, echoing);
  proxy.delay(60);
  const socket = await dial(t, proxy);
  const arrivals: number[] = [];
  socket.on('data', (bytes) => {
    for (const _ of bytes) arrivals.push(performance.now());
  });
  const begun: number[] = [];
  for (let at = 0; at < 20; at += 1) {
    begun.push(performance.now());
    socket.write('x');
    await pause(10);
  }
  while (arrivals.length < 20) await once(socket, 'data');
  const took = arrivals.map((at, which) => at - (begun[which] ?? 0)).sort((a, b) => a - b);
  assert.ok((took[0] ?? 0) >= 119, `the quickest took ${took[0]} ms`);
  assert.ok((took[10] ?? 0) < 250, `half of them took ${took[10]} ms or more: one does not wait for another`);
});

test('a narrow way lets so much pass in a second', async (t) => {
  const proxy = await behindProxy(t, echoing);
  proxy.narrow(1_000_000);
  const socket = await dial(t, proxy);
  const from = performance.now();
  let came = 0;
  socket.on('data', (bytes) => {
    came += bytes.length;
  });
  socket.end(Buffer.alloc(500_000));
  await once(socket, 'end');
  assert.equal(came, 500_000);
  const ms = performance.now() - from;
  assert.ok(ms > 400 && ms < 3_000, `half a second's worth took ${ms} ms`);
});

for (const delayMs of [0, 10]) {
  test(`who writes faster than the other side reads is held back, ${delayMs} ms away`, async (t) => {
    let reader: Socket | undefined;
    const proxy = await behindProxy(t, (socket) => {
      socket.pause();
      reader = socket;
    });
    proxy.delay(delayMs);
    const socket = await dial(t, proxy);
    const block = Buffer.alloc(1024 * 1024);
    let taken = 0;
    // As long as anything is still taken.
    for (let before = -1; before !== socket.bytesWritten - socket.writableLength; ) {
      before = socket.bytesWritten - socket.writableLength;
      while (taken < 200 && socket.writableLength < block.length) {
        socket.write(block);
        taken += 1;
      }
      await pause(150);
    }
    assert.ok(taken < 100, `${taken} MiB were taken from a writer whom nobody reads`);
    // And when it reads, everything comes.
    let came = 0;
    reader?.on('data', (bytes) => {
      came += bytes.length;
    });
    reader?.resume();
    socket.end();
    while (reader?.readableEnded !== true) await pause(10);
    assert.equal(came, taken * block.length);
  });
}

test('frozen, nothing passes and nothing closes; thawed, all of it comes', async (t) => {
  const proxy = await behindProxy(t, echoing);
  const socket = await dial(t, proxy);
  let came = '';
  socket.on('data', (bytes) => {
    came += bytes.toString();
  });
  const comes = async (text: string): Promise<void> => {
    while (came !== text) await once(socket, 'data');
  };
  socket.write('before ');
  await comes('before ');
  proxy.freeze();
  socket.write('meanwhile ');
  const late = await dial(t, proxy);
  late.write('late');
  await pause(100);
  assert.deepEqual([came, socket.destroyed, late.destroyed], ['before ', false, false]);
  proxy.thaw();
  assert.equal((await once(late, 'data')).toString(), 'late');
  await comes('before meanwhile ');
});

test('cut, both sides are reset, and the next connection is taken; refused, it is not', async (t) => {
  const reasons: string[] = [];
  const proxy = await behindProxy(t, (socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => reasons.push(error.code ?? ''));
    echoing(socket);
  });
  proxy.delay(20);
  const socket = await dial(t, proxy);
  socket.on('error', (error: NodeJS.ErrnoException) => reasons.push(error.code ?? ''));
  let came = 0;
  socket.on('data', () => {
    came += 1;
  });
  socket.write('lost');
  await pause(5);
  proxy.cut();
  await closed(socket);
  await pause(50);
  assert.deepEqual([came, reasons.sort().slice(-1)], [0, ['ECONNRESET']]);
  const again = await dial(t, proxy);
  again.write('x');
  assert.equal((await once(again, 'data')).toString(), 'x');
  proxy.refuse();
  const refused = connect({ port: proxy.port, host: '127.0.0.1' });
  refused.on('error', () => {});
  await closed(refused);
  proxy.accept();
  await dial(t, proxy);
  assert.equal(proxy.made, 3);
});

test('a server that is not there, or resets, is a reset for the client', async (t) => {
  const proxy = await behindProxy(t, (socket) => socket.resetAndDestroy());
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  let reason: string | undefined;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code;
  });
  await closed(socket);
  assert.equal(reason, 'ECONNRESET');
  const nobody = await proxyFor(t, 1);
  const alone = connect({ port: nobody.port, host: '127.0.0.1' });
  alone.on('error', () => {});
  await closed(alone);
  await untilGone(proxy);
  await untilGone(nobody);
});
