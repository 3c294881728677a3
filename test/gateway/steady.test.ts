import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { inProject } from '../helpers/root.ts';
import { actors, keepingBus } from './bus.ts';
import { listening, sendTasks, until } from './workers/kit.ts';

// A gateway under steady load of every kind: each request has its answer, and when nobody asks any more the process has what it had
// before. HEDDLE_SOAK=1 goes on for HEDDLE_MINUTES (30), says each minute what the process holds, and holds it to that.

noLeaks();

const LONG = process.env.HEDDLE_SOAK === '1';
const MINUTES = Number(process.env.HEDDLE_MINUTES ?? 30);
const RATE = LONG ? 500 : 200;
const SECONDS = LONG ? MINUTES * 60 : 3;
/** A machine that cannot keep up is asked less. */
const MOST_UNDER_WAY = 64;
/** Answers of workers are remembered for ten minutes: until then it grows. */
const SETTLED_MINUTE = 12;
const GROWN = { part: 1.1, mib: 8 };
const CONFIG = `kind: gateway
name: steady
listen: 127.0.0.1:0
store: {kind: required, ttl_s: 60}
webhooks: {w: {verify: {scheme: none, insecure: true}, to: task, worker_type: echo, dedupe: {key: "header:x-id", ttl_s: 60}}}
workers: {types: {http: {tiers: [standard]}, idle: {}}}
`;

interface Asked {
  readonly status: number;
  readonly body: string;
}

const skip = skipWithoutNatsServer() || (existsSync('/proc/self/fd') ? false : 'there is no /proc here');

test(`${RATE} requests a second, for ${SECONDS} s: each is answered, and nothing stays behind`, {
  skip,
  timeout: (SECONDS + 300) * 1000,
}, async (t) => {
  const bus = await keepingBus(t);
  const own = await bus.connect();
  await actors(t, own);
  const gateway = await start(t, bus.server.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  t.after(() => agent.destroy());
  const ask = (path: string, body?: unknown, headers: Record<string, string> = {}, leaveMs?: number) =>
    send(agent, gateway.url, { path, body, headers, leaveMs });
  // Somebody has to ask before tasks for HTTP workers come at all.
  const first = ask('/v1/tasks/poll', { task_types: ['http'], timeout_ms: 2_000 });
  await listening(own, 'http');
  await first;

  const unexpected = new Map<string, number>();
  let answered = 0;
  const expect = (kind: string, allowed: readonly number[], { status }: Asked): void => {
    answered += 1;
    if (allowed.includes(status)) return;
    const what = `${kind}: ${status}`;
    unexpected.set(what, (unexpected.get(what) ?? 0) + 1);
  };
  let known = '';
  const kinds: readonly ((at: number) => Promise<void>)[] = [
    async (at) => {
      const asked = await ask('/v1/tasks', { worker_type: 'echo', payload: { at } });
      if (asked.status === 202) known = String((JSON.parse(asked.body) as { request_id: string }).request_id);
      expect('task', [202], asked);
    },
    async (at) => {
      const headers = { 'idempotency-key': `k-${at >> 4}` };
      expect('key', [202, 409], await ask('/v1/tasks', { worker_type: 'echo', payload: { key: at >> 4 } }, headers));
    },
    async (at) => {
      expect('wait', [200], await ask('/v1/tasks', { worker_type: 'echo', payload: { at } }, { prefer: 'wait=30' }));
    },
    async () => expect('request', known === '' ? [404] : [200], await ask(`/v1/requests/${known || 'gw-none'}`)),
    async (at) => expect('webhook', [200, 202], await ask('/webhooks/w', { at: at >> 4 }, { 'x-id': `d-${at >> 4}` })),
    async (at) => {
      sendTasks(own, 'http', [`h-${at}`]);
      const polled = await ask('/v1/tasks/poll', { task_types: ['http'], timeout_ms: 5_000 });
      expect('poll', [200], polled);
      for (const { task_id: id } of JSON.parse(polled.body) as { task_id: string }[])
        expect('resolve', [200], await ask(`/v1/tasks/${id}/resolve`, { action: 'complete', output: { at } }));
    },
    // Somebody who leaves without his answer, and who had a stream of events.
    async () => void (await ask('/v1/tasks/poll', { task_types: ['idle'], timeout_ms: 5_000 }, {}, 0)),
    async () => void (await ask('/v1/events', undefined, {}, 20)),
  ];

  const before = holds(gateway.pid);
  const under = new Set<Promise<void>>();
  const samples: { readonly minute: number; readonly mib: number }[] = [];
  let asked = 0;
  let unasked = 0;
  const begun = performance.now();
  for (let ms = 0; ms < SECONDS * 1000; ms = performance.now() - begun) {
    for (const due = (ms / 1000) * RATE; asked + unasked < due; ) {
      if (under.size >= MOST_UNDER_WAY) {
        unasked = due - asked;
        break;
      }
      const one = (kinds[asked % kinds.length] as (typeof kinds)[number])(asked >> 3);
      const tracked = one.finally(() => under.delete(tracked));
      under.add(tracked);
      asked += 1;
    }
    const minute = Math.floor(ms / 60_000);
    if (LONG && minute > (samples.at(-1)?.minute ?? 0)) {
      const { mib, handles } = holds(gateway.pid);
      samples.push({ minute, mib });
      console.log(
        `minute ${minute}: ${mib.toFixed(1)} MiB, ${handles} handles, ${asked} asked (${(asked / (ms / 1000)).toFixed(0)}/s), ${under.size} under way`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Promise.all(under);
  assert.deepEqual([...unexpected], []);
  assert.ok(answered > asked / 2, `${answered} answers to ${asked}`);

  agent.destroy();
  const metric = async (name: string): Promise<string | undefined> => {
    const { body } = await ask('/metrics');
    return new RegExp(`^heddle_gateway_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(body)?.[1];
  };
  for (const name of ['waiting', 'worker_polls', 'worker_leases', 'event_clients'])
    await until(`no ${name} left`, async () => (await metric(name)) === '0');
  agent.destroy();
  await until('as many handles as before', () => holds(gateway.pid).handles <= before.handles + 2);
  const settled = samples.find(({ minute }) => minute >= SETTLED_MINUTE);
  const last = samples.at(-1);
  if (settled === undefined || last === undefined) return;
  const most = settled.mib * GROWN.part + GROWN.mib;
  assert.ok(last.mib <= most, `${last.mib} MiB at the end, ${settled.mib} MiB in minute ${settled.minute}`);
});

/** The built program. What it logs is read and dropped: in half an hour that is more than a test can hold. */
async function start(t: TestContext, natsUrl: string): Promise<{ readonly url: string; readonly pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-steady-'));
  writeFileSync(join(folder, 'gateway.yaml'), CONFIG);
  const argv = ['gateway', '--config', 'gateway.yaml', '-o', 'ndjson', '--nats-url', natsUrl, '--no-env-file'];
  const child = spawn(process.execPath, [inProject('bin', 'heddle-ts.js'), ...argv, '--no-nats-context'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      if (!line.includes('"gateway_started"')) return;
      lines.close();
      resolve(String((JSON.parse(line) as { url: string }).url));
    });
    child.once('close', () => reject(new Error('the gateway ended')));
  });
  child.stdout.resume();
  return { url, pid: child.pid ?? 0 };
}

function holds(pid: number): { readonly mib: number; readonly handles: number } {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { mib: Number(kib) / 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
}

/** Status 0: left as he was told to. */
function send(
  agent: Agent,
  url: string,
  {
    path,
    body,
    headers,
    leaveMs,
  }: { path: string; body: unknown; headers: Record<string, string>; leaveMs?: number | undefined },
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const typed = text === undefined ? headers : { 'content-type': 'application/json', ...headers };
    const sent = request(`${url}${path}`, { agent, method: text === undefined ? 'GET' : 'POST', headers: typed });
    const leave = (): void => {
      sent.destroy();
      resolve({ status: 0, body: '' });
    };
    sent.on('error', (error) => (leaveMs === undefined ? reject(error) : resolve({ status: 0, body: '' })));
    sent.on('response', (response) => {
      let heard = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        heard += part;
      });
      response.on('error', () => {});
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: heard }));
    });
    if (leaveMs !== undefined) sent.on('socket', () => setTimeout(leave, leaveMs));
    sent.end(text);
  });
}
