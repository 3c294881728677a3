import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { noLeaks } from '../helpers/leaks.ts';
import { launch, skipWithoutBrowser } from './browser.ts';
import { guideWorld, serveFor } from './guide.ts';

noLeaks();

/** A page of another origin, as a browser has it: fetch and EventSource, and nothing that only our own documents say. */
const PAGE = `<!doctype html><title>Trips</title><script>
const frames = [];
let gateway = '', session = '', client = '', events;
const headers = () => ({ 'content-type': 'application/json', authorization: 'Bearer ' + session });
const post = async (path, body) => {
  const response = await fetch(gateway + path, { method: 'POST', headers: headers(), body: JSON.stringify(body) });
  if (response.status !== 200) throw new Error(path + ': ' + response.status + ' ' + (await response.text()));
  return await response.json();
};
const login = async (at, idToken) => {
  gateway = at;
  const answer = await post('/api/auth/login', { id_token: idToken });
  session = answer.session_token;
  return Object.keys(answer);
};
const follow = () =>
  new Promise((resolve, reject) => {
    events = new EventSource(gateway + '/events?session_token=' + encodeURIComponent(session));
    events.onerror = () => reject(new Error('no events'));
    events.onmessage = ({ data }) => {
      client = JSON.parse(data).result.clientId;
      resolve(client);
    };
    for (const name of ['playbook/result', 'playbook/state', 'subscription/event'])
      events.addEventListener(name, ({ data }) => frames.push({ event: name, params: JSON.parse(data).params }));
  });
const execute = async (path, workload) => {
  const query = 'mutation Run($path: String!, $workload: JSON, $clientId: String) { executePlaybook(path: $path, workload: $workload, clientId: $clientId) { requestId executionId } }';
  return (await post('/graphql', { query, variables: { path, workload, clientId: client } })).data.executePlaybook;
};
const watch = (path) => post('/api/subscriptions/firestore', { path, scope: 'owner' });
const unwatch = async (id) =>
  (await fetch(gateway + '/api/subscriptions/' + id, { method: 'DELETE', headers: headers() })).status;
const proxied = async (path) => (await fetch(gateway + path, { headers: headers() })).json();
const of = (event) => frames.filter((each) => each.event === event).map(({ params }) => params);
</script>`;

type Params = Record<string, unknown>;

test('the sequence of the published guide, by a page of another origin in a browser', {
  skip: skipWithoutBrowser(),
}, async (t) => {
  const origin = await serveFor(t, (_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(PAGE);
  });
  const { gateway, bus, taken, asked, bring, idToken } = await guideWorld(t, `cors: {origins: ["${origin}"]}\n`);
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on('console', (said) => faults.push(said.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${origin}/favicon.ico`);
  await page.goto(origin);

  const members = await ask<string[]>(page, 'login', gateway.url, idToken);
  for (const name of ['session_token', 'expires_at', 'user_id']) assert.ok(members.includes(name), name);
  assert.ok((await ask<string>(page, 'follow')).length > 0);
  const started = await ask<{ requestId: string; executionId: string }>(page, 'execute', 'travel/plan', {
    to: 'Bergen',
  });
  assert.deepEqual(
    taken.map(({ payload }) => payload),
    [{ to: 'Bergen' }],
  );

  await bring({ request_id: started.requestId, status: 'success', data: { days: 3 } });
  const [result] = await told(page, 'playbook/result', 1);
  assert.deepEqual(
    [result?.requestId, result?.executionId, result?.status, result?.data],
    [started.requestId, started.executionId, 'success', { days: 3 }],
  );

  const { subscription_id: id } = await ask<Params>(page, 'watch', 'chat_threads/ada/trip/live');
  const [event] = await told(page, 'subscription/event', 1);
  assert.deepEqual([event?.subscription_id, event?.doc_id, event?.op], [id, '0', 'added']);
  assert.equal(await ask<number>(page, 'unwatch', id), 204);
  const { length: before } = await told(page, 'subscription/event', 1);

  bus.publish(`playbooks.executions.${started.executionId}.step.exit`, JSON.stringify({ step_name: 'book' }));
  bus.publish(`playbooks.executions.${started.executionId}.playbook.completed`, '{}');
  await bus.flush();
  // The end by the callback, then what the bus says.
  const states = await told(page, 'playbook/state', 3);
  assert.deepEqual(
    states.map(({ execution_id: of, event_type: type, step_name: step }) => [of, type, step]),
    [
      [started.executionId, 'playbook.completed', null],
      [started.executionId, 'step.exit', 'book'],
      [started.executionId, 'playbook.completed', null],
    ],
  );
  assert.equal((await told(page, 'subscription/event', 1)).length, before, 'nothing of what is watched no more');
  assert.deepEqual(await ask<Params>(page, 'proxied', '/noetl/executions'), { executions: [] });
  assert.equal(asked[0]?.headers['x-user-id'], 'ada');
  assert.equal((await told(page, 'playbook/result', 1)).length, 1);
  assert.deepEqual(faults, []);
});

/** A function of the page. */
async function ask<T>(page: Page, name: string, ...args: unknown[]): Promise<T> {
  return (await page.evaluate(`${name}(${args.map((each) => JSON.stringify(each)).join(', ')})`)) as T;
}

/** What it was told by this event, once there are so many. */
async function told(page: Page, event: string, least: number): Promise<Params[]> {
  await page.waitForFunction(`of(${JSON.stringify(event)}).length >= ${least}`);
  return await ask<Params[]>(page, 'of', event);
}
