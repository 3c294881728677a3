import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { runRouter } from '../../src/router/run.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { type Actor, act, actAll, DEAD_LETTERS, PIPELINE, processor } from './actors.ts';
import { folderFor, HOME } from './faults.ts';

noLeaks();

interface Document {
  checks: { check: string; status: string; detail: string | null; findings: { problem: string; level: string }[] }[];
}

async function bus(t: TestContext, actors: readonly Actor[]) {
  const broker = await startBroker();
  let timer: NodeJS.Timeout | undefined;
  t.after(async () => {
    clearInterval(timer);
    await broker.close();
  });
  await actAll(t, broker.url, actors);
  const sender = await act(t, broker.url, { hears: [] });
  /** Keeps messages coming until the test is over. */
  const keepSending = (send: (bus: Transport, count: number) => void): void => {
    let count = 0;
    timer = setInterval(() => {
      count += 1;
      send(sender, count);
    }, 5);
  };
  return { url: broker.url, keepSending };
}

async function router(t: TestContext, url: string, overrides: readonly (readonly [string, string])[]): Promise<void> {
  const transport = await act(t, url, { hears: [] });
  await runRouter(transport, { rules: { tierOverrides: new Map(overrides), rateLimits: new Map() } });
}

async function listened(t: TestContext, url: string, argv: readonly string[] = []) {
  const folder = folderFor(t);
  const from = performance.now();
  const { stdout } = await runCli(['preflight', '--listen', '500ms', '-o', 'json', '--rtt-warn', '30s', ...argv], {
    cwd: folder,
    home: `${folder}/${HOME}`,
    env: { NATS_URL: url },
  });
  assert.ok(performance.now() - from < 3000);
  const { checks } = JSON.parse(stdout) as Document;
  return (id: string) => {
    const { status, detail, findings } = checks.find(({ check }) => check === id) ?? assert.fail(`no ${id}`);
    return { status, detail, problem: findings.map(({ problem }) => problem).join('\n') };
  };
}

const task = (id: number, more: object = {}): string =>
  JSON.stringify({ task_id: `t${id}`, worker_type: 'echo', payload: {}, model_tier: 'standard', ...more });

test('two routers with opposite rules: where tasks of one worker went, and who routes', async (t) => {
  const { url, keepSending } = await bus(t, [processor('echo', 'local'), PIPELINE, DEAD_LETTERS]);
  await router(t, url, [['echo', 'local']]);
  await router(t, url, []);
  keepSending((sender, count) => sender.publish('heddle.tasks.incoming', task(count)));
  const { status, problem } = (await listened(t, url))('bus.router_rules');
  assert.equal(status, 'failed');
  assert.match(
    problem,
    /^of the tasks for echo that ask for standard, \d+ to local and \d+ to standard went: 2 routers/,
  );
  assert.match(problem, /do not go by the same rules \(.*127\.0\.0\.1:\d+.*\); nobody listens for echo on standard$/);
});

test('one rule for what asks for different tiers, and tasks that skip the router, contradict nothing', async (t) => {
  const { url, keepSending } = await bus(t, [processor('echo', 'local'), PIPELINE, DEAD_LETTERS]);
  await router(t, url, [['echo', 'local']]);
  await router(t, url, [['echo', 'local']]);
  keepSending((sender, count) => {
    sender.publish('heddle.tasks.incoming', task(count, { model_tier: count % 2 === 0 ? 'standard' : 'frontier' }));
    sender.publish('heddle.tasks.echo.standard', task(count, { task_id: `direct${count}` }));
  });
  const found = (await listened(t, url))('bus.router_rules');
  assert.deepEqual([found.status, found.problem], ['passed', '']);
  assert.match(found.detail ?? '', /^\d+ tasks were seen on their way$/);
});

test('frames beside bare messages are named; frames alone, or none at all, are no fault', async (t) => {
  const frame = (id: number): string =>
    JSON.stringify({
      message_id: `m${id}`,
      payload_type: 'core.TaskResult',
      payload: { task_id: `t${id}`, worker_type: 'echo', status: 'completed', output: {} },
      occurred_at: '2026-04-29T12:00:00Z',
    });
  const { url, keepSending } = await bus(t, [processor('echo', 'local'), PIPELINE, DEAD_LETTERS]);
  const quiet = (await listened(t, url))('bus.generations');
  assert.deepEqual([quiet.status, quiet.problem], ['skipped', '']);

  let mixed = false;
  keepSending((sender, count) => {
    sender.publish('heddle.results.default', frame(count));
    if (mixed) sender.publish('heddle.tasks.echo.local', task(count));
  });
  const alone = (await listened(t, url))('bus.generations');
  assert.equal(alone.status, 'passed');
  assert.match(alone.detail ?? '', /all of them frames of generation C, which heddle-ai 0\.9\.2 does not read/);
  mixed = true;
  const both = (await listened(t, url))('bus.generations');
  assert.equal(both.status, 'failed');
  assert.match(
    both.problem,
    /^\d+ of \d+ messages are frames of generation C \(\d+ results\), which heddle-ai 0\.9\.2/,
  );
});

test('who answers goals: two names in one group are two pipelines, and replicas have one', async (t) => {
  const { url, keepSending } = await bus(t, [{ hears: [['heddle.tasks.incoming']] }, PIPELINE, PIPELINE, DEAD_LETTERS]);
  const names = ['ingest'];
  keepSending((sender, count) => {
    const [name = ''] = names.slice(count % names.length);
    const answer = { task_id: `g${count}`, worker_type: name, status: 'completed', output: {} };
    sender.publish(`heddle.results.g${count}`, JSON.stringify(answer));
    // A stage of the same goal is nobody's final answer.
    const stage = { ...answer, task_id: `s${count}`, parent_task_id: `g${count}`, worker_type: 'echo' };
    sender.publish(`heddle.results.g${count}`, JSON.stringify(stage));
  });
  const replicas = (await listened(t, url))('bus.goals_once');
  assert.deepEqual([replicas.status, replicas.problem], ['passed', '']);
  names.push('report');
  const different = (await listened(t, url))('bus.goals_once');
  assert.equal(different.status, 'failed');
  assert.match(different.problem, /^goals were answered by "ingest", "report": each goes to an arbitrary one$/);
});
