import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { startProgram } from '../helpers/program.ts';
import { inProject } from '../helpers/root.ts';
import { problemOf } from '../http/raw.ts';
import { actors, keepingBus } from './bus.ts';
import { replica } from './replica.ts';
import { listen } from './sse.ts';
import { bodyOf } from './start.ts';

noLeaks();

const CONFIG = 'kind: gateway\nplaybooks: {"orders/echo": {to: task, worker_type: echo}}\n';
const MISSING = /the package 'graphql' is not installed/;

/** The built program where everything is installed but this package. */
function copyWithout(t: TestContext, missing: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-copy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const part of ['bin', join('dist', 'cli'), 'pages', 'schemas', 'package.json'])
    cpSync(inProject(part), join(folder, part), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(inProject('node_modules'))) {
    if (name === missing || name.startsWith('.')) continue;
    symlinkSync(inProject('node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  return folder;
}

test('playbooks without the package that nobody has to install: /graphql says so, and everything else serves', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const root = copyWithout(t, 'graphql');
  const bus = await keepingBus(t);
  await actors(t, await bus.connect());
  const { url, stdout } = await replica(t, bus, CONFIG, {}, root);
  const post = (path: string, json: object): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
  const refused = await post('/graphql', { query: '{ health }' });
  const problem = await problemOf(refused);
  assert.deepEqual([refused.status, problem.code, problem.retryable], [501, 'graphql_unavailable', false]);
  assert.match(String(problem.detail), MISSING);
  assert.match(String(problem.hint), /npm install graphql@16/);
  assert.match(stdout(), MISSING, 'the log says it at the start');
  const stream = await listen(t, `${url}/events?client_id=c`);
  const started = await bodyOf(
    await post('/v1/playbooks', { path: 'orders/echo', workload: { n: 1 }, client_id: 'c' }),
  );
  await stream.until('its result is told', () => stream.of('playbook/result').length === 1);
  const { requestId, data } = (stream.of('playbook/result')[0]?.data.params ?? {}) as Record<string, unknown>;
  assert.deepEqual([requestId, data], [started.request_id, { n: 1 }]);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const contract = await bodyOf(await fetch(`${url}/v1/contract`));
  assert.match(String(contract.graphql), MISSING);
});

test('a check of such a config says what will not be served here, and the config is right all the same', async (t) => {
  const root = copyWithout(t, 'graphql');
  writeFileSync(join(root, 'gateway.yaml'), CONFIG);
  const run = async (...argv: string[]) => {
    const program = startProgram(t, argv, { cwd: root, root });
    return { code: await program.ended, said: program.stdout() + program.stderr() };
  };
  const checked = await run('gateway', 'check', 'gateway.yaml');
  assert.deepEqual([checked.code, MISSING.test(checked.said)], [0, true], checked.said);
  assert.equal((await run('validate', 'gateway.yaml')).code, 0);
});
