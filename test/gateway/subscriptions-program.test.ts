import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { inProject } from '../helpers/root.ts';
import { until } from '../http/raw.ts';
import { keepingBus } from './bus.ts';
import { replica } from './replica.ts';
import { listen, type SeenFrame } from './sse.ts';
import { bodyOf } from './start.ts';

noLeaks();

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('programs that watch for the built gateway, killed from outside and misbehaving: the client is told, and none is left', {
  skip: process.platform === 'win32' ? 'no signals on Windows' : skipWithoutNatsServer(),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-watch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // Each life of each program leaves its id here.
  const marks = join(folder, 'pids');
  const words = [process.execPath, inProject('test', 'gateway', 'sidecar.mjs')].map((word) => JSON.stringify(word));
  const config = `kind: gateway
subscriptions:
  docs: {command: [${words}, alone, "{path}", ${JSON.stringify(marks)}], allow: "threads/…", silent_s: 1, per_caller: 10}
  shared: {command: [${words}, shared, "-", ${JSON.stringify(marks)}], allow: "threads/…"}
`;
  const gateway = await replica(t, await keepingBus(t), config);
  const stream = await listen(t, `${gateway.url}/v1/events?client_id=c`);
  const begin = async (path: string, kind = 'docs'): Promise<string> => {
    const response = await fetch(`${gateway.url}/api/subscriptions/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: `threads/${path}`, client_id: 'c' }),
    });
    assert.equal(response.status, 200, path);
    return String((await bodyOf(response)).subscription_id);
  };
  const end = async (id: string): Promise<void> => {
    const response = await fetch(`${gateway.url}/api/subscriptions/${id}`, { method: 'DELETE' });
    assert.equal(response.status, 204);
  };
  const of = (id: string): SeenFrame[] => stream.frames.filter(({ data }) => data.subscription_id === id);
  const states = (id: string): unknown[] =>
    of(id).flatMap(({ data }) => (data.state === undefined ? [] : [data.state]));
  const events = (id: string) => of(id).filter(({ event }) => event === 'subscription/event');
  const pidIn = (frame: SeenFrame | undefined): number =>
    Number((frame?.data.data as { pid?: number } | undefined)?.pid);

  const silent = await begin('silent');
  const flood = await begin('flood');
  const bad = await begin('bad');

  // Killed from outside: told, started again, and it goes on.
  const live = await begin('live');
  await stream.until('it is told', () => events(live).length > 0);
  const first = pidIn(events(live)[0]);
  process.kill(first, 'SIGKILL');
  await stream.until('another one goes on', () => events(live).some((frame) => pidIn(frame) !== first));
  assert.deepEqual(states(live), ['watching', 'restarting', 'watching']);
  const restarting = of(live).find(({ data }) => data.state === 'restarting')?.data;
  assert.match(String(restarting?.because), /SIGKILL/);

  // The same of one that all watches of its kind share: each of them is told, and asked for again.
  const [one, two] = [await begin('a/live', 'shared'), await begin('b/live', 'shared')];
  await stream.until('both are told', () => events(one).length > 0 && events(two).length > 0);
  const sharedPid = pidIn(events(one)[0]);
  process.kill(sharedPid, 'SIGKILL');
  for (const id of [one, two]) {
    await stream.until('it goes on', () => events(id).some((frame) => pidIn(frame) !== sharedPid));
    assert.deepEqual(states(id), ['watching', 'restarting', 'watching']);
  }

  // Ended while it floods: of all that is on its way nothing is told any more.
  await stream.until('some of it is dropped, and said to be', () => states(flood).includes('dropped'));
  await end(flood);
  const { length: told } = of(flood);
  await stream.until('it is said to be silent', () => states(silent).includes('silent'));
  assert.equal(of(flood).length, told);
  assert.deepEqual(states(silent), ['watching', 'silent']);

  await stream.until('what is behind the bad line is told', () => events(bad).length === 2);
  assert.deepEqual(states(bad).slice(0, 2), ['watching', 'bad_line']);

  // One that started another, and was killed: the other one goes with it.
  const holding = await begin('grandchild');
  await stream.until('it is told', () => events(holding).length === 1);
  const pids = (at: number) => (events(holding)[at]?.data.data ?? {}) as { pid: number; grandchild: number };
  const { pid, grandchild } = pids(0);
  assert.ok(isAlive(pid) && isAlive(grandchild));
  process.kill(pid, 'SIGKILL');
  await stream.until('it is started again', () => events(holding).length === 2);
  await until('what it left behind is gone', () => !isAlive(grandchild));

  gateway.kill('SIGTERM');
  assert.equal(await gateway.ended, 0);
  await stream.ended;
  assert.deepEqual(stream.frames.at(-1)?.event, 'bye');
  for (const id of [live, one, holding]) assert.equal(states(id).at(-1), 'ended', 'the end of a watch is told');
  const all = [...readFileSync(marks, 'utf8').trim().split('\n').map(Number), grandchild, pids(1).grandchild];
  assert.ok(all.length >= 11, `${all.length} programs ran`);
  assert.deepEqual(all.filter(isAlive), [], 'none is left');
});
