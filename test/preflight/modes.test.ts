import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { freePort } from '../helpers/ports.ts';
import { act, actAll, HEALTHY, PIPELINE, ROUTER } from './actors.ts';

noLeaks();

const LONG_MS = 20_000;

async function bus(t: TestContext): Promise<string> {
  const broker = await startBroker();
  t.after(() => broker.close());
  return broker.url;
}

test('--wait tells what is missing once, and turns green within a second after it starts', async (t) => {
  const url = await bus(t);
  await act(t, url, ROUTER);
  const { io, exit } = startCli(['preflight', '--nats-url', url, '--expect', 'pipeline', '--wait', '30s'], { env: {} });
  await io.seen(/bus\.goals_heard no pipeline takes goals/, LONG_MS);
  await pause(900);
  await act(t, url, PIPELINE);
  const from = performance.now();
  assert.equal(await exit, 0);
  assert.ok(performance.now() - from < 1000, `green after ${Math.round(performance.now() - from)} ms`);
  assert.equal(io.err().match(/bus\.goals_heard/g)?.length, 1, io.err());
  assert.match(io.out(), /^ready: /m);
});

test('--wait through a server that comes up late, with one machine document at the end', async (t) => {
  const port = await freePort();
  const { io, exit } = startCli(['preflight', '--nats-url', `127.0.0.1:${port}`, '--wait', '30s', '--json'], {
    env: {},
  });
  await pause(600);
  const broker = await startBroker({ port });
  t.after(() => broker.close());
  const from = performance.now();
  assert.equal(await exit, 0);
  assert.ok(performance.now() - from < 1000);
  assertKeepsSchema('preflight', JSON.parse(io.out()));
  assert.equal(io.err(), '');
});

test('--wait that ends without green says why, with the exit code of the last round', async () => {
  const { code, stdout } = await runCli(['preflight', '--nats-url', '127.0.0.1:1', '--wait', '500ms', '-o', 'short'], {
    env: {},
  });
  assert.equal(code, 3);
  assert.match(stdout, /connection\.reachable: cannot connect to NATS at nats:\/\/127\.0\.0\.1:1/);
});

test('an interruption while waiting prints no half-done report', async () => {
  const { io, exit } = startCli(['preflight', '--nats-url', '127.0.0.1:1', '--wait', '30s'], { env: {} });
  await io.seen(/connection\.reachable/, LONG_MS);
  io.signal('SIGTERM');
  assert.equal(await exit, 143);
  assert.equal(io.out(), '');
});

test('an interruption while waiting: a program gets one document, of the last whole round', async (t) => {
  const argv = ['preflight', '--nats-url', '127.0.0.1:1', '--wait', '30s', '-o', 'json'];
  const { io, exit } = startCli(argv, { env: {} });
  await pause(1500);
  io.signal('SIGINT');
  assert.equal(await exit, 130);
  const document = JSON.parse(io.out());
  assert.deepEqual([document.ok, document.interrupted, document.verdict], [false, true, 'failed']);
  assertKeepsSchema('preflight', document);

  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const { port } = silent.address() as { port: number };
  for (const more of [['--wait', '30s'], []]) {
    const early = startCli(
      ['preflight', '--nats-url', `127.0.0.1:${port}`, '--timeout', '20s', '-o', 'json', ...more],
      { env: {} },
    );
    await once(silent, 'connection');
    early.io.signal('SIGTERM');
    assert.equal(await early.exit, 143);
    assert.deepEqual(JSON.parse(early.io.out()).error.code, 'interrupted', 'no round came to its end');
  }
});

test('--watch: one line a change, then quiet; SIGINT ends it', async (t) => {
  const url = await bus(t);
  const actors = await actAll(t, url, HEALTHY);
  const { io, exit } = startCli(['preflight', '--nats-url', url, '--rtt-warn', '30s', '--watch', '100ms'], { env: {} });
  await io.seen(/all is well/, LONG_MS);
  await actors[0]?.close();
  await io.seen(/✗|‼ bus\.router no router listens/, LONG_MS);
  await act(t, url, ROUTER);
  await io.seen(/✓ bus\.router a router listens again/, LONG_MS);
  await pause(350);
  io.signal('SIGINT');
  assert.equal(await exit, 130);
  const lines = io.out().trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d all is well$/);
  assert.deepEqual(
    lines.slice(1).map((line) => line.slice(9).replace(/: .*| no router.*/, '')),
    ['‼ bus.router', '– bus.router_once skipped', '✓ bus.router a router listens again'],
  );
});

test('--watch -o json: a whole document on a line for each change', async (t) => {
  const url = await bus(t);
  await actAll(t, url, HEALTHY);
  const { io, exit } = startCli(['preflight', '--nats-url', url, '--rtt-warn', '30s', '--watch', '100ms', '--json'], {
    env: {},
  });
  await io.seen(/\n/, LONG_MS);
  await act(t, url, ROUTER);
  await io.seen(/\n.*\n/, LONG_MS);
  io.signal('SIGTERM');
  assert.equal(await exit, 143);
  const documents = io
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { verdict: string });
  for (const document of documents) assertKeepsSchema('preflight', document);
  assert.deepEqual(
    documents.map(({ verdict }) => verdict),
    ['ok', 'failed'],
  );
});

test('--probe: one line; ready follows the bus, live never does', async (t) => {
  const url = await bus(t);
  await actAll(t, url, HEALTHY);
  const ready = await runCli(['preflight', '--probe', 'ready', '--rtt-warn', '30s', '--nats-url', url], {
    env: {},
    tty: 80,
  });
  assert.deepEqual([ready.code, ready.stderr], [0, '']);
  assert.match(ready.stdout, /^ready: \d+ checks passed\n$/);
  const not = await runCli(['preflight', '--probe', 'ready', '--nats-url', '127.0.0.1:1'], { env: {} });
  assert.equal(not.code, 1);
  assert.match(not.stdout, /^not ready: connection\.reachable: cannot connect to NATS at [^\n]+\n$/);
  const live = await runCli(['preflight', '--probe', 'live', '--nats-url', '127.0.0.1:1'], { env: {} });
  assert.deepEqual([live.code, live.stdout], [0, 'live\n']);
});

test('--wait ends when the time is up, even where every round would last longer', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  broker.pause();
  const from = performance.now();
  const { code } = await runCli(
    ['preflight', '--nats-url', broker.url, '--timeout', '60s', '--wait', '200ms', '-o', 'short'],
    { env: {} },
  );
  assert.equal(code, 3);
  assert.ok(performance.now() - from < 20_000, `${Math.round(performance.now() - from)} ms`);
  broker.resume();
});

test('--wait sees a credentials file that is mounted late', async (t) => {
  const url = await bus(t);
  const cwd = mkdtempSync(join(tmpdir(), 'preflight-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const argv = ['preflight', '--nats-url', url, '--user', 'ada', '--password-file', 'secret', '--wait', '30s'];
  const { io, exit } = startCli(argv, { env: {}, cwd });
  await io.seen(/settings\.valid cannot read the file/, LONG_MS);
  writeFileSync(join(cwd, 'secret'), 'x\n');
  assert.equal(await exit, 0, io.err());
});

test('--smoke with --wait sends its task once, and only when all the rest is well', async (t) => {
  const url = await bus(t);
  const watcher = await connect({ servers: [url] });
  t.after(() => watcher.close());
  let sent = 0;
  watcher.subscribe('heddle.tasks.*', ({ subject }) => {
    if (subject === 'heddle.tasks.incoming') sent += 1;
  });
  await watcher.flush();
  const argv = ['preflight', '--nats-url', url, '--expect', 'router', '--smoke', 'echo', '--smoke-timeout', '100ms'];
  const { io, exit } = startCli([...argv, '--wait', '30s'], { env: {} });
  await io.seen(/bus\.router no router listens/, LONG_MS);
  await pause(900);
  await watcher.flush();
  assert.equal(sent, 0);
  await act(t, url, ROUTER);
  assert.equal(await exit, 1);
  await watcher.flush();
  assert.equal(sent, 1);
  assert.match(io.out(), /smoke\.task: no result from echo/);
});

for (const mode of ['--watch', '--serve', '--probe=ready']) {
  test(`--smoke does not go with ${mode}: it would send a real task again and again`, async () => {
    const { code, stderr } = await runCli(['preflight', '--smoke', 'echo', mode], { env: {} });
    assert.equal(code, 2);
    assert.match(stderr, /--smoke sends a real task/);
  });
}

test('a bus that lets us in and then hangs is told as that, in time', async (t) => {
  const url = await hangsAfterGreeting(t);
  const from = performance.now();
  const argv = ['preflight', '--nats-url', url, '--timeout', '400ms', '--json'];
  const { code, stdout } = await runCli(argv, { env: {} });
  assert.ok(performance.now() - from < 5000);
  assert.equal(code, 3);
  const { checks } = JSON.parse(stdout) as {
    checks: { check: string; status: string; findings: { code: string }[] }[];
  };
  const rtt = checks.find(({ check }) => check === 'connection.rtt');
  assert.deepEqual([rtt?.status, rtt?.findings[0]?.code], ['failed', 'connection_timeout']);
  assert.doesNotMatch(stdout, /not finished when the time was up/);
});

/** Answers the first PING of each client, and nothing else. */
async function hangsAfterGreeting(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let answered = false;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (answered || !data.includes('PING')) return;
      answered = true;
      socket.write('PONG\r\n');
    });
    const info = { server_id: 'X', version: '2.9.10', max_payload: 1_048_576, headers: true, proto: 1 };
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('somebody on ">" does not keep us waiting for what the server does not serve', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t);
  await act(t, server.url, { hears: [['>']] });
  const from = performance.now();
  const { stdout } = await runCli(['preflight', '--nats-url', server.url, '--timeout', '30s', '--json'], { env: {} });
  assert.ok(performance.now() - from < 10_000, `${Math.round(performance.now() - from)} ms`);
  const { checks } = JSON.parse(stdout) as { checks: { check: string; status: string }[] };
  assert.equal(checks.find(({ check }) => check === 'permissions.subscribe_results')?.status, 'passed');
});

test('--probe ready has its own deadline, far below that of the settings', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  broker.pause();
  const from = performance.now();
  const { code } = await runCli(['preflight', '--probe', 'ready', '--nats-url', broker.url, '--timeout', '30s'], {
    env: {},
  });
  assert.equal(code, 1);
  assert.ok(performance.now() - from < 2500, `${Math.round(performance.now() - from)} ms`);
  broker.resume();
});

test('--serve: readyz follows a restart of NATS, metrics and healthz are well-formed, SIGTERM ends it', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t);
  const sidecar = await serve(['--nats-url', server.url, '--interval', '100ms']);
  t.after(() => sidecar.io.signal('SIGTERM'));
  await sidecar.until('/readyz', 200);
  assert.equal((await sidecar.ask('/livez')).text, 'live\n');
  const health = await sidecar.ask('/healthz');
  assertKeepsSchema('preflight', JSON.parse(health.text));
  assert.match((await sidecar.ask('/metrics')).text, /^heddle_preflight_ok 1$/m);
  assert.match((await sidecar.ask('/metrics')).type, /^text\/plain; version=0\.0\.4/);

  await server.kill();
  // A round that was under way may have met the server as it went down.
  await sidecar.until('/readyz', 503, /^not ready: connection\.reachable: /);
  assert.equal((await sidecar.ask('/healthz')).status, 503);
  assert.equal((await sidecar.ask('/livez')).status, 200, 'a dead bus must not restart the pod');
  await server.start();
  await sidecar.until('/readyz', 200);

  assert.equal((await sidecar.ask('/nothing')).status, 404);
  assert.equal((await sidecar.ask('/readyz', 'POST')).status, 405);
  sidecar.io.signal('SIGTERM');
  assert.equal(await sidecar.exit, 143);
});

test('--serve: with a token file, reports are for whoever holds it; probes are for everybody', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-serve-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'token');
  writeFileSync(file, 'a-token-of-the-cluster\n');
  const sidecar = await serve(['--nats-url', await bus(t), '--serve-token-file', file]);
  t.after(() => sidecar.io.signal('SIGTERM'));
  await sidecar.until('/readyz', 200);
  assert.equal((await sidecar.ask('/livez')).status, 200);
  for (const path of ['/healthz', '/metrics']) {
    assert.equal((await sidecar.ask(path)).status, 401, path);
    assert.equal((await sidecar.ask(path, 'GET', { authorization: 'Bearer a-token-of-the-clusteR' })).status, 401);
    const shown = await sidecar.ask(path, 'GET', { authorization: 'Bearer a-token-of-the-cluster' });
    assert.equal(shown.status, 200, path);
  }
  assert.doesNotMatch(sidecar.io.out() + sidecar.io.err(), /a-token-of|warning/);

  writeFileSync(file, 'short\n');
  const weak = await runCli(['preflight', '--serve', '127.0.0.1:0', '--serve-token-file', file], { env: {} });
  assert.equal(weak.code, 2);
  assert.match(weak.stderr, /fewer than 16 bytes/);
  const alone = await runCli(['preflight', '--serve-token-file', file], { env: {} });
  assert.match(alone.stderr, /--serve-token-file needs --serve/);
});

test('--serve beyond this machine warns once that everybody may read it', async (t) => {
  const { io, exit } = startCli(['preflight', '--nats-url', await bus(t), '--serve', '0.0.0.0:0'], { env: {} });
  await io.seen(/^serving /m, LONG_MS);
  io.signal('SIGTERM');
  await exit;
  assert.equal(io.err().match(/everybody who reaches 0\.0\.0\.0 can read \/healthz and \/metrics/g)?.length, 1);
});

test('--serve: a thousand requests run no check more often', async (t) => {
  let connections = 0;
  const broker = await startBroker({
    log: ({ text }) => {
      if (/connect/i.test(text)) connections += 1;
    },
  });
  t.after(() => broker.close());
  const sidecar = await serve(['--nats-url', broker.url, '--interval', '1h']);
  t.after(() => sidecar.io.signal('SIGTERM'));
  await sidecar.until('/readyz', 200);
  const before = connections;
  assert.ok(before > 0, 'the broker tells of connections');
  const stamps = new Set<string>();
  const from = performance.now();
  for (let batch = 0; batch < 20; batch += 1) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => sidecar.ask('/healthz')));
    for (const { text, status } of answers) {
      assert.equal(status, 200);
      stamps.add((JSON.parse(text) as { started_at: string }).started_at);
    }
  }
  const seconds = (performance.now() - from) / 1000;
  assert.equal(stamps.size, 1, 'every answer came from one round');
  assert.equal(connections, before, 'and nobody connected to the bus meanwhile');
  t.diagnostic(`1000 requests in ${seconds.toFixed(2)} s`);
  sidecar.io.signal('SIGTERM');
  assert.equal(await sidecar.exit, 143);
});

test('--serve: a port that is taken is an error with exit 2', async (t) => {
  const url = await bus(t);
  const first = await serve(['--nats-url', url]);
  const { code, stderr } = await runCli(['preflight', '--serve', first.url.replace('http://', '')], { env: {} });
  assert.equal(code, 2);
  assert.match(stderr, /cannot serve on 127\.0\.0\.1:\d+: the port is taken/);
  first.io.signal('SIGTERM');
  await first.exit;
});

interface Answer {
  status: number;
  type: string;
  text: string;
}

async function serve(argv: readonly string[]) {
  const { io, exit } = startCli(['preflight', '--serve', '127.0.0.1:0', ...argv], { env: {} });
  await io.seen(/serving http/, LONG_MS);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(io.out())?.[0] ?? '';
  const ask = (path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      get(`${url}${path}`, { agent: false, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
        );
      }).on('error', reject);
    });
  const until = async (path: string, status: number, text = /(?:)/): Promise<Answer> => {
    const end = performance.now() + LONG_MS;
    for (;;) {
      const answer = await ask(path);
      if (answer.status === status && text.test(answer.text)) return answer;
      assert.ok(performance.now() < end, `${path} stays ${answer.status}: ${answer.text}`);
      await pause(20);
    }
  };
  return { io, exit, url, ask, until };
}
