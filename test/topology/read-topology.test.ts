import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { adviceText } from '../../src/cli/remedies.ts';
import { readMonitor } from '../../src/topology/read-monitor.ts';
import { readTopology } from '../../src/topology/read-topology.ts';
import type { Topology, Unknown } from '../../src/topology/topology.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { freePort } from '../helpers/ports.ts';
import { type Actor, actAll, HEALTHY, ROUTER } from '../preflight/actors.ts';
import { clusterFor } from './nats-cluster.ts';

noLeaks();

const skip = skipWithoutNatsServer();

async function asker(t: TestContext, url: string): Promise<Transport> {
  const bus = await connect({ servers: [url], name: 'heddle-ts status', timeoutMs: 10_000 });
  t.after(() => bus.close());
  return bus;
}

function known(map: Topology | Unknown): Topology {
  assert.ok(map.known, map.known ? '' : map.reason);
  return map;
}

/** What must be the same wherever the map was read. */
const shape = (map: Topology) => ({
  routers: map.routers.length,
  workers: map.workers.map(({ subject, groups }) => [subject, groups.map(({ queue, replicas }) => [queue, replicas])]),
  goals: map.goalTakers.map(({ queue, replicas }) => [queue, replicas]),
  deadLetters: map.deadLetterListeners.length,
  reload: map.controlListeners.length,
  silent: map.silent.length,
  gaps: map.gaps,
});

const HEALTHY_SHAPE = {
  routers: 1,
  workers: [['heddle.tasks.echo.local', [['processors-echo', 1]]]],
  goals: [['pipelines', 1]],
  deadLetters: 1,
  reload: 2,
  silent: 0,
  gaps: [],
};

test('the development broker gives a map, with ourselves marked and left out', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  await actAll(t, broker.url, HEALTHY);
  const map = known(await readTopology(await asker(t, broker.url)));
  assert.deepEqual(shape(map), HEALTHY_SHAPE);
  assert.equal(map.self?.name, 'heddle-ts status');
});

test('nats-server gives the same map, on the bus and on its monitoring port', { skip }, async (t) => {
  const [server] = await clusterFor(t, 1);
  assert.ok(server);
  await actAll(t, server.url, HEALTHY);
  const map = known(await readTopology(await asker(t, server.url)));
  assert.deepEqual(shape(map), HEALTHY_SHAPE);
  const [about] = map.servers;
  assert.deepEqual([about?.name, about?.version, about?.jetstream], ['bus-1', map.servers[0]?.version, false]);
  assert.ok(Math.abs(Date.parse(about?.time ?? '') - Date.now()) < 60_000);

  const seen = known(await readMonitor([server.monitor]));
  assert.equal(seen.source, 'monitor');
  // From outside, the client that asked over the bus is one that looks and hears nothing, as its name says.
  assert.deepEqual(shape(seen), HEALTHY_SHAPE);
  assert.deepEqual(
    seen.observers.map(({ name }) => name),
    ['heddle-ts status'],
  );
});

test('a cluster of three servers gives one map, whichever is asked', { skip }, async (t) => {
  const members = await clusterFor(t, 3);
  const actors: Actor[] = [...HEALTHY];
  for (const [at, actor] of actors.entries()) await actAll(t, members[at % 3]?.url ?? '', [actor]);
  const maps = await Promise.all(members.map(async ({ url }) => known(await readTopology(await asker(t, url)))));
  for (const map of maps) {
    assert.deepEqual(
      map.servers.map(({ name, cluster }) => [name, cluster]),
      [
        ['bus-1', 'team'],
        ['bus-2', 'team'],
        ['bus-3', 'team'],
      ],
    );
    // The other two that ask at the same time hear nothing.
    assert.ok(map.silent.length <= 2);
    assert.deepEqual({ ...shape(map), silent: 0 }, HEALTHY_SHAPE);
  }
  const monitored = known(await readMonitor(members.map(({ monitor }) => monitor)));
  assert.deepEqual({ ...shape(monitored), silent: 0 }, HEALTHY_SHAPE);
  const partly = known(await readMonitor([members[0]?.monitor ?? ''], { addressCalled: '--monitor address' }));
  assert.match(partly.gaps[0] ?? '', /^bus-1 has 2 more in its cluster: give a --monitor address for each/);
});

for (const name of [undefined, 'edge']) {
  test(`a leaf node ${name === undefined ? 'without a name' : 'called edge'} answers, and nothing is out of sight`, {
    skip,
  }, async (t) => {
    const port = await freePort();
    const hub = await natsServerFor(t, { config: `leafnodes { listen: "127.0.0.1:${port}" }\n` });
    const link = `leafnodes { remotes: [{ url: "nats-leaf://127.0.0.1:${port}" }] }\n`;
    const leaf = await natsServerFor(t, { config: name === undefined ? link : `server_name: ${name}\n${link}` });
    await actAll(t, leaf.url, HEALTHY);
    const bus = await asker(t, hub.url);
    let map = known(await readTopology(bus));
    while (map.servers.length < 2) map = known(await readTopology(bus));
    assert.deepEqual(shape(map), HEALTHY_SHAPE);
    // It calls itself a cluster, and the other is in none.
    const { stdout } = await runCli(['status', '--nats-url', hub.url]);
    assert.match(stdout, / 2 servers [\d.]+, \d+ connections/);
  });
}

test('500 connections with 2,000 subscriptions: one map in under a second, the same in pages of 64', {
  skip,
}, async (t) => {
  const server = await natsServerFor(t);
  const worker = (at: number): Actor => ({
    hears: [
      [`heddle.tasks.w${at % 50}.local`, `processors-w${at % 50}`],
      ['heddle.control.reload'],
      [`heddle.results.g${at}`],
      [`other.${at}.*`],
    ],
  });
  for (let batch = 0; batch < 10; batch += 1) {
    await actAll(
      t,
      server.url,
      Array.from({ length: 50 }, (_, at) => worker(batch * 50 + at)),
    );
  }
  const bus = await asker(t, server.url);
  const from = performance.now();
  const map = known(await readTopology(bus));
  const ms = performance.now() - from;
  assert.equal(map.connections.length, 501);
  assert.equal(map.workers.length, 50);
  assert.ok(map.workers.every(({ replicas, copies }) => replicas === 10 && copies === 1));
  assert.equal(map.resultListeners.length, 500);
  assert.ok(ms < 1000, `${Math.round(ms)} ms`);
  t.diagnostic(`mapped in ${ms.toFixed(0)} ms`);

  const paged = known(await readTopology(bus, { pageSize: 64 }));
  assert.deepEqual(shape(paged), shape(map));
  assert.equal(paged.connections.length, 501);
  assert.deepEqual(paged.gaps, []);
});

test('clients of another account are not on the map', { skip }, async (t) => {
  const server = await natsServerFor(t, {
    config: 'accounts { A { users = [ { user: a, password: a } ] }\n B { users = [ { user: b, password: b } ] } }',
  });
  await actAll(t, server.url.replace('://', '://a:a@'), HEALTHY);
  await actAll(t, server.url.replace('://', '://b:b@'), [ROUTER]);
  const map = known(await readTopology(await asker(t, server.url.replace('://', '://b:b@'))));
  assert.deepEqual([map.connections.length, map.routers.length, map.workers.length], [2, 1, 0]);
});

test('unknown is said, with the reason, where asking is forbidden', { skip }, async (t) => {
  const cases: readonly (readonly [rules: string, code: string])[] = [
    ['publish: { deny: "$SYS.>" }', 'refused'],
    ['subscribe: { deny: "_INBOX.>" }', 'refused'],
  ];
  for (const [rules, code] of cases) {
    const server = await natsServerFor(t, {
      config: `authorization: { users: [ { user: ada, password: ada, permissions: { ${rules} } } ] }`,
    });
    const bus = await asker(t, server.url.replace('://', '://ada:ada@'));
    const map = await readTopology(bus, { timeoutMs: 300 });
    assert.ok(!map.known);
    assert.equal(map.code, code, map.reason);
    assert.match(adviceText(map), /--monitor http:/);
  }
});

test('a monitoring port that is none: unknown, with the address and without its password', async (t) => {
  const web = createServer((_, response) => response.end('{"hello":"world"}'));
  const silent = createTcp((socket) => t.after(() => socket.destroy()));
  for (const server of [web, silent]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
  }
  const port = (server: typeof silent): number => (server.address() as AddressInfo).port;
  const cases: readonly (readonly [url: string, code: string, says: RegExp])[] = [
    [`http://127.0.0.1:${port(web)}`, 'unreadable', /not as a NATS monitoring port does/],
    [`http://ada:s3cret@127.0.0.1:${port(silent)}`, 'unanswered', /no answer in 100 ms/],
    ['http://127.0.0.1:1', 'unanswered', /connection refused/],
    ['nats://127.0.0.1:4222', 'unreadable', /no http:\/\/ or https:\/\/ address/],
    ['8222', 'unreadable', /no http:\/\/ or https:\/\/ address/],
  ];
  for (const [url, code, says] of cases) {
    const map = await readMonitor([url], { timeoutMs: 100 });
    assert.ok(!map.known);
    assert.equal(map.code, code);
    assert.match(map.reason, says);
    assert.doesNotMatch(map.reason, /s3cret/);
  }
});

test('an address of a monitoring port that cannot be used is told without its password', async () => {
  for (const address of ['ftp://bob:hunter2@host:1', 'http://bob:hunter2@no host', 'http://bob:hunter2@127.0.0.1:1']) {
    const map = await readMonitor([address]);
    assert.ok(!map.known);
    assert.doesNotMatch(`${map.reason} ${adviceText(map)}`, /hunter2/);
  }
});

test('an answer of one server that cannot be read is a gap in the map, not forgotten', async () => {
  const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const answers = [
    { server: { id: 'A', name: 'a' }, data: { server_id: 'A', connections: [], total: 0, offset: 0, limit: 1024 } },
    { server: { id: 'B', name: 'b' }, error: { code: 500, description: 'too busy' } },
  ];
  const bus = {
    info: { serverId: 'A', clientId: 1, cluster: 'team' },
    async *requestMany() {
      for (const answer of answers) yield { data: encode(answer) };
    },
  } as unknown as Transport;
  assert.deepEqual(known(await readTopology(bus)).gaps, ['the server refused: too busy']);
});

test('a monitoring port that promises connections without end is read for the time given, and the gap is told', async (t) => {
  const pages = { server_id: 'X', total: 1e9, offset: 0, limit: 1024, connections: [{ cid: 1 }] };
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/varz')) response.end('{"server_id":"X"}');
    else setTimeout(() => response.end(JSON.stringify(pages)), 50);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const from = performance.now();
  const map = known(await readMonitor([`http://127.0.0.1:${port}`], { timeoutMs: 1000 }));
  assert.ok(performance.now() - from < 4000, `${Math.round(performance.now() - from)} ms`);
  assert.match(map.gaps[0] ?? '', /sent 1 of 976563 pages/);
});
