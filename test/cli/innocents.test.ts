import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openBucket } from '../../src/store/open.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { freePort } from '../helpers/ports.ts';
import { wire } from '../helpers/wire.ts';
import { act, PIPELINE, processor, TUI } from '../preflight/actors.ts';

noLeaks();

// What may stand on the account of a healthy bus without anything being wrong; test/interop/innocents.test.ts has more of them beside
// the real Heddle. They join one after the other, and all stay: preflight, status and a traced task find fault with none. They are asked
// whenever some more have come; HEDDLE_SOAK=1 asks after each.

interface Bus {
  readonly url: string;
  readonly port: number;
  readonly leafPort: number;
  readonly folder: string;
  readonly nats: Transport;
}

interface Innocent {
  readonly who: string;
  join(t: TestContext, bus: Bus): Promise<unknown>;
}

const INNOCENTS: readonly Innocent[] = [
  { who: 'nobody else: a healthy bus', join: async () => {} },
  { who: 'a client of Go that publishes', join: client('go', '', 'PUB billing.x 2\r\n{}\r\n') },
  { who: 'a client of Rust that hears what is its own', join: client('rust', '', 'SUB billing.> 1\r\n') },
  { who: 'a client of Java with a name, idle', join: client('java', 'billing', '') },
  { who: 'a client that does not say what it is', join: client(undefined, '', 'SUB _INBOX.a.* 1\r\n') },
  { who: 'a monitor of everything', join: client('go', 'nats-top', 'SUB > 1\r\n') },
  { who: 'subjects that are nearly those of Heddle', join: client('python3', '', 'SUB heddles.tasks.incoming 1\r\n') },
  { who: 'a subject of Heddle that nobody knows', join: client('python3', '', 'SUB heddle.metrics.cpu 1\r\n') },
  { who: 'somebody who watches the tasks', join: client('python3', '', 'SUB heddle.tasks.*.* 1\r\n') },
  { who: 'somebody who watches the reloads', join: client('python3', '', 'SUB heddle.control.> 1\r\n') },
  { who: 'a service that answers, as nats reply does', join: client('go', 'NATS CLI', 'SUB shop.price rep 1\r\n') },
  {
    who: 'a service of the micro framework',
    join: client('go', '', 'SUB $SRV.PING 1\r\nSUB $SRV.INFO.prices 2\r\nSUB prices.get q 3\r\n'),
  },
  { who: 'the dashboard of Heddle', join: (t, { url }) => act(t, url, TUI) },
  { who: 'a second pipeline of its group', join: (t, { url }) => act(t, url, PIPELINE) },
  {
    who: 'a worker of two tiers',
    join: (t, { url }) =>
      Promise.all([processor('ocr'), processor('ocr', 'standard')].map((each) => act(t, url, each))),
  },
  { who: 'a stream and its consumer that pulls', join: stream('ORDERS', { subjects: ['shop.order'] }, 'orders') },
  { who: 'a mirror of that stream', join: stream('COPY', { mirror: { name: 'ORDERS' } }) },
  { who: 'a stream with that one as its source', join: stream('ALL', { sources: [{ name: 'ORDERS' }] }) },
  {
    who: 'a mirror of the dead letters',
    join: stream('LETTERS', { mirror: { name: 'HEDDLE_DEAD_LETTERS' } }, 'audit'),
  },
  { who: 'somebody who watches a bucket', join: watchBucket },
  { who: 'a leaf node', join: leafNode },
  {
    who: 'a gateway with workers over HTTP, whose tasks a stream keeps',
    join: ours(/http:/, 'gateway', '--config', 'gateway.yaml'),
  },
  { who: 'its second replica', join: ours(/http:/, 'gateway', '--config', 'gateway.yaml') },
  { who: 'dead-letter watch', join: ours(/keeping/, 'dead-letter', 'watch', '--store', 'letters') },
  { who: 'our own router, a replica', join: ours(/router/, 'router') },
  { who: 'our own worker, a replica', join: ours(/worker echo/, 'worker', '--config', 'echo.yaml', '--echo') },
  { who: 'our own tail', join: ours(/following/, 'tail', '--all') },
  { who: 'our own status, which looks again and again', join: ours(/./, 'status', '--watch', '1s') },
  { who: 'our own preflight as a sidecar', join: ours(/./, 'preflight', '--serve', '127.0.0.1:0') },
];

const AT_ONCE = process.env.HEDDLE_SOAK === '1' ? 1 : 6;

test('nobody innocent is accused', { skip: skipWithoutNatsServer() }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-innocents-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'home'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const leafPort = await freePort();
  const config = `jetstream { store_dir: "FOLDER/js" }\nleafnodes { listen: "127.0.0.1:${leafPort}" }\n`;
  const server = await natsServerFor(t, { config });
  const nats = await connect({ servers: [server.url], timeoutMs: 20_000, name: 'shop' });
  t.after(() => nats.close());
  const bus: Bus = { url: server.url, port: Number(new URL(server.url).port), leafPort, folder, nats };
  // They go before the server does.
  await t.test('as they join', async (t) => {
    await act(t, bus.url, PIPELINE);
    await ours(/router/, 'router')(t, bus);
    await ours(/worker echo/, 'worker', '--config', 'echo.yaml', '--echo')(t, bus);
    await ours(/./, 'dead-letter', 'enable', '--storage', 'memory')(t, bus);
    for (let at = 0; at < INNOCENTS.length; at += AT_ONCE) {
      const some = INNOCENTS.slice(at, at + AT_ONCE);
      for (const { join } of some) await join(t, bus);
      const who = some.map((each) => each.who).join('; ');
      const [checked, seen, traced] = await Promise.all([
        run(bus, 'preflight', '--rtt-warn', '30s', '-o', 'json'),
        run(bus, 'status', '-o', 'json'),
        run(bus, 'submit', 'echo', '--tier', 'local', '--set', 'text=hello', '--trace', '--wait', '20s'),
      ]);
      const { checks } = JSON.parse(checked.stdout) as { checks: { status: string }[] };
      const accused = checks.filter(({ status }) => status !== 'passed' && status !== 'skipped');
      assert.deepEqual(accused, [], who);
      assert.deepEqual((JSON.parse(seen.stdout) as { problems: unknown[] }).problems, [], who);
      assert.equal(traced.code, 0, `${who}: ${traced.stderr}`);
      assert.doesNotMatch(traced.stderr, /warning|error|twice/, who);
    }
  });
});

const FILES = {
  'echo.yaml': 'name: echo\nworker_kind: processor\nprocessing_backend: a.b.C\ndefault_model_tier: local\n',
  'gateway.yaml': `kind: gateway
listen: 127.0.0.1:0
workers: {types: {scan: {lease_s: 30}, pages.v2: {mode: durable, lease_s: 30}}}
webhooks: {orders: {verify: {scheme: none, insecure: true}, dedupe: none, to: task, worker_type: echo}}
sidecars: [{name: meter, command: [node, -e, "setInterval(() => {}, 1000)"], to: task, worker_type: echo}]
`,
};

function run({ url, folder }: Bus, ...argv: readonly string[]) {
  return runCli(argv, { cwd: folder, home: join(folder, 'home'), env: { NATS_URL: url } });
}

/** Resolves when it has said so; gone with the test. */
function ours(says: RegExp, ...argv: readonly string[]): Innocent['join'] {
  return async (t, { url, folder }) => {
    const env = { NATS_URL: url, PATH: process.env.PATH };
    const { io, exit } = startCli(argv, { cwd: folder, home: join(folder, 'home'), env });
    t.after(async () => {
      io.signal('SIGTERM');
      await exit;
    });
    await io.seen(says, 20_000);
  };
}

/** A client by what it says of itself, and of what it hears. */
function client(lang: string | undefined, name: string, says: string): Innocent['join'] {
  return async (t, { port }) => {
    const it = await wire(port);
    t.after(() => it.hangUp());
    it.say(`CONNECT ${JSON.stringify({ lang, version: '1.2.3', name, protocol: 1, verbose: false })}\r\n${says}`);
    await it.sync();
  };
}

function stream(name: string, config: object, consumer?: string): Innocent['join'] {
  return async (t, { nats, url }) => {
    await asked(nats, `STREAM.CREATE.${name}`, { name, storage: 'memory', ...config });
    if (consumer === undefined) return;
    const durable = { durable_name: consumer, ack_policy: 'explicit' };
    await asked(nats, `CONSUMER.DURABLE.CREATE.${name}.${consumer}`, { stream_name: name, config: durable });
    const reader = await act(t, url, { hears: [['_INBOX.reader.1']] });
    reader.publish(`$JS.API.CONSUMER.MSG.NEXT.${name}.${consumer}`, '{"batch":10}', { reply: '_INBOX.reader.1' });
    await reader.flush();
  };
}

async function asked(nats: Transport, what: string, body: object): Promise<void> {
  const answer = await nats.request(`$JS.API.${what}`, JSON.stringify(body), { timeoutMs: 10_000 });
  const { error } = JSON.parse(Buffer.from(answer.data).toString()) as { error?: unknown };
  assert.equal(error, undefined, JSON.stringify(error));
}

async function watchBucket(t: TestContext, { nats }: Bus): Promise<void> {
  const bucket = await openBucket({ home: 'jetstream', bus: nats, storage: 'memory' }, 'settings');
  await bucket.ensure({});
  const over = new AbortController();
  const watching = (async () => {
    for await (const _ of bucket.watch({ pattern: '>', signal: over.signal }));
  })();
  t.after(async () => {
    over.abort();
    await watching;
    await bucket.close();
  });
  await bucket.put('colour', 'red');
}

async function leafNode(t: TestContext, { leafPort, nats }: Bus): Promise<void> {
  const link = `server_name: edge\nleafnodes { remotes: [{ url: "nats-leaf://127.0.0.1:${leafPort}" }] }\n`;
  const leaf = await natsServerFor(t, { config: link });
  const beyond = await connect({ servers: [leaf.url], timeoutMs: 20_000 });
  t.after(() => beyond.close());
  let linked = false;
  beyond.subscribe('shop.linked', () => {
    linked = true;
  });
  await beyond.flush();
  while (!linked) {
    nats.publish('shop.linked', '');
    await nats.flush();
    await beyond.flush();
  }
}
