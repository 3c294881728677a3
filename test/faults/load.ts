import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../src/transport/nats.ts';
import { dice, pick } from '../helpers/dice.ts';

// What a bus and its gateway meet on a working day, all of it at once and without an end: people who wait, people who come back,
// webhooks, browsers that leave, clients that die in the middle of a word, nonsense.

export const SECRET = 'a-secret-of-the-load';

export const GATEWAY_CONFIG = `kind: gateway
listen: 127.0.0.1:0
limits: {rate_per_token: 100000/s}
store: {kind: memory, ttl_s: 60}
workers: {types: {far: {tiers: [local], lease_s: 30}}}
webhooks: {w: {verify: {scheme: github, secrets: [{env: SECRET}]}, to: task, worker_type: echo, tier: local, dedupe: {key: "header:x-github-delivery", ttl_s: 60}}}
`;

export interface Target {
  readonly http: string;
  readonly nats: string;
}

/** What was done, and what went wrong: nothing may. */
export interface Tally {
  readonly done: Record<string, number>;
  readonly wrong: string[];
}

type Kind = (target: Target, throwDice: () => number, over: AbortSignal) => Promise<void>;

const json = { 'content-type': 'application/json' };

const KINDS = {
  // The answer is waited for, and is what was sent.
  'asked and answered': (target, throwDice) => ask(target, 'echo', throwDice),
  'asked and answered by a worker over HTTP': (target, throwDice) => ask(target, 'far', throwDice),
  // What was acknowledged is done in the end.
  'acknowledged, then looked up': async ({ http }, throwDice) => {
    const body = JSON.stringify({ worker_type: 'echo', model_tier: 'local', payload: { n: throwDice() } });
    const sent = await fetch(`${http}/v1/tasks`, { method: 'POST', headers: json, body });
    assert.equal(sent.status, 202, await sent.clone().text());
    const { status_url: where } = (await sent.json()) as { status_url: string };
    for (let tries = 0; ; tries += 1) {
      const { state } = (await (await fetch(`${http}${where}`)).json()) as { state: string };
      if (state === 'done') return;
      assert.ok(tries < 100, `${where} was acknowledged, and is ${state} after 10 s`);
      await pause(100);
    }
  },
  'a webhook, delivered twice': async ({ http }, throwDice) => {
    const body = JSON.stringify({ n: throwDice() });
    const headers = {
      ...json,
      'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
      'x-github-delivery': String(throwDice()),
    };
    const ids: unknown[] = [];
    for (let time = 0; time < 2; time += 1) {
      const answer = await fetch(`${http}/webhooks/w`, { method: 'POST', headers, body });
      assert.ok(answer.ok, `a webhook got ${answer.status}: ${await answer.clone().text()}`);
      ids.push(((await answer.json()) as { request_id: string }).request_id);
    }
    assert.equal(ids[0], ids[1], 'one delivery, two requests');
  },
  'a browser that listens, and leaves': async ({ http }, throwDice, over) => {
    const leaves = new AbortController();
    const answer = await fetch(`${http}/v1/events`, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.any([leaves.signal, over]),
    });
    assert.equal(answer.status, 200);
    await answer.body?.getReader().read();
    await pause(throwDice() * 500);
    leaves.abort();
  },
  'nonsense over HTTP': async ({ http }, throwDice) => {
    const path = pick(throwDice, ['/v1/tasks', '/webhooks/w', '/nowhere', '/v1/requests/%00', '/v1/tasks/x/resolve']);
    const body = pick(throwDice, ['{', '[]', '{"worker_type":"a b"}', '\0', 'x'.repeat(400_000)]);
    const answer = await fetch(http + path, { method: 'POST', headers: json, body });
    assert.ok(answer.status >= 400 && answer.status < 500, `${path} answered ${answer.status} to ${body.slice(0, 40)}`);
    await answer.text();
  },
  'a client that dies within a request': ({ http }, throwDice) =>
    dies(
      Number(new URL(http).port),
      'POST /v1/tasks HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"wor',
      throwDice,
    ),
  'a client that dies on the bus': ({ nats }, throwDice) =>
    dies(Number(new URL(nats).port), 'CONNECT {}\r\nSUB heddle.> 1\r\nPUB heddle.results.x 50\r\n{"task', throwDice),
  'a connection to the bus, and its end': async ({ nats }) => {
    const bus = await connect({ servers: [nats] });
    let heard = 0;
    bus.subscribe('heddle.results.>', () => {
      heard += 1;
    });
    await bus.flush();
    await pause(100);
    await bus.close();
    assert.ok(heard >= 0);
  },
} satisfies Readonly<Record<string, Kind>>;

/** How many of each in a second: as many as two busy cores did of themselves in half an hour. */
const PER_SECOND: Readonly<Record<keyof typeof KINDS, number>> = {
  'asked and answered': 42,
  'asked and answered by a worker over HTTP': 39,
  'acknowledged, then looked up': 31,
  'a webhook, delivered twice': 41,
  'a browser that listens, and leaves': 4,
  'nonsense over HTTP': 46,
  'a client that dies within a request': 22,
  'a client that dies on the bus': 22,
  'a connection to the bus, and its end': 8,
};
/** What was missed on a busy machine is made up for, unless it is longer ago. */
const MOST_BEHIND_MS = 1_000;

/**
 * Until `over`: of each kind one after the other, all kinds at once, each so often a second. Not as often as the machine can: what a
 * gateway keeps for a minute is more when a neighbour on the machine falls silent, and would be taken for growth.
 */
export async function load(target: Target, seed: number, over: AbortSignal): Promise<Tally> {
  const tally: Tally = { done: Object.fromEntries(Object.keys(KINDS).map((name) => [name, 0])), wrong: [] };
  await Promise.all(
    Object.entries<Kind>(KINDS).map(async ([name, act], at) => {
      const everyMs = 1_000 / PER_SECOND[name as keyof typeof KINDS];
      const throwDice = dice(seed * 100 + at);
      let due = performance.now();
      while (!over.aborted) {
        try {
          await act(target, throwDice, over);
          tally.done[name] = (tally.done[name] ?? 0) + 1;
        } catch (error) {
          if (!over.aborted && tally.wrong.length < 20) tally.wrong.push(`${name}: ${(error as Error).message}`);
        }
        const now = performance.now();
        due = Math.max(due + everyMs, now - MOST_BEHIND_MS);
        await pause(Math.max(0, due - now));
      }
    }),
  );
  return tally;
}

/** Throws unless the worker answers with what it was sent. */
export async function ask(
  { http }: Pick<Target, 'http'>,
  workerType: string,
  throwDice: () => number,
  waitS = 20,
): Promise<void> {
  const payload = { n: throwDice(), text: 'x'.repeat(Math.floor(throwDice() * 2_000)) };
  const answer = await fetch(`${http}/v1/tasks`, {
    method: 'POST',
    headers: { ...json, prefer: `wait=${waitS}` },
    body: JSON.stringify({ worker_type: workerType, model_tier: 'local', payload }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const { status, output } = JSON.parse(text) as { status: string; output: unknown };
  assert.deepEqual({ status, output }, { status: 'completed', output: payload });
}

async function dies(port: number, words: string, throwDice: () => number): Promise<void> {
  const socket = dial(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(words);
  await pause(throwDice() * 50);
  if (throwDice() < 0.5) socket.resetAndDestroy();
  else socket.destroy();
}
