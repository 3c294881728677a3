import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject } from '../helpers/root.ts';
import { until } from '../http/raw.ts';
import { claims, ISSUER, jwks, keyOf, token } from './issuer.ts';
import { startGateway } from './start.ts';

noLeaks();

const RUNNER = 'the-token-of-the-worker-pool';
const key = keyOf('k', 'RS256');

/**
 * The page of the published guide ("architecture" of NoETL's gateway), as its flow has it, and nothing that only our own documents say:
 * the answers' members, the names of frames and the members of their params.
 */
class Spa {
  readonly #url: string;
  #sessionToken = '';
  #clientId = '';
  readonly frames: { event: string; params: Record<string, unknown> }[] = [];
  readonly #over = new AbortController();

  constructor(url: string) {
    this.#url = url;
  }

  async post(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#sessionToken}` },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, path);
    return (await response.json()) as Record<string, unknown>;
  }

  async login(idToken: string): Promise<void> {
    const {
      session_token: shown,
      expires_at: end,
      user_id: user,
    } = await this.post('/api/auth/login', { id_token: idToken });
    assert.ok(typeof shown === 'string' && typeof end === 'string' && typeof user === 'string');
    this.#sessionToken = shown;
  }

  async events(): Promise<string> {
    const response = await fetch(`${this.#url}/events?session_token=${this.#sessionToken}`, {
      signal: this.#over.signal,
    });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    void this.#read(response).catch(() => {});
    await until('the message with the clientId', () => this.#clientId !== '');
    return this.#clientId;
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    for await (const part of response.body ?? []) {
      text += Buffer.from(part).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const event = lines.find((line) => line.startsWith('event: '))?.slice(7) ?? 'message';
        const data = JSON.parse(lines.find((line) => line.startsWith('data: '))?.slice(6) ?? '{}');
        if (event === 'message') this.#clientId = data.result.clientId;
        else this.frames.push({ event, params: data.params });
      }
    }
  }

  async executePlaybook(path: string, workload: object): Promise<Record<string, string>> {
    const { data } = await this.post('/graphql', {
      query:
        'mutation Run($path: String!, $workload: JSON, $clientId: String) { executePlaybook(path: $path, workload: $workload, clientId: $clientId) { requestId executionId } }',
      variables: { path, workload, clientId: this.#clientId },
    });
    return (data as { executePlaybook: Record<string, string> }).executePlaybook;
  }

  async unsubscribe(id: unknown): Promise<void> {
    const headers = { authorization: `Bearer ${this.#sessionToken}` };
    const response = await fetch(`${this.#url}/api/subscriptions/${id}`, { method: 'DELETE', headers });
    assert.ok(response.ok);
  }

  async proxied(path: string): Promise<Response> {
    return await fetch(this.#url + path, { headers: { authorization: `Bearer ${this.#sessionToken}` } });
  }

  async frame(
    event: string,
    fits: (params: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>> {
    const find = () => this.frames.find((each) => each.event === event && fits(each.params));
    await until(event, () => find() !== undefined);
    return find()?.params ?? {};
  }

  close(): void {
    this.#over.abort();
  }
}

test('the sequence of the published guide, step by step', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.end('{"executions":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const text = `auth:
  allow_query_token: true
  tokens: [{id: pool, env: R, scopes: [callback]}]
  oidc: {issuer: "${ISSUER}", audience: spa, jwks: "file:keys.json"}
playbooks: {"travel/plan": {to: task, worker_type: planner}}
updates: {subject_prefix: "playbooks.executions."}
subscriptions: {firestore: {command: [${process.execPath}, ${inProject('test', 'gateway', 'sidecar.mjs')}, alone, "{path}"], allow: "chat_threads/{user}/…"}}
proxy: [{prefix: /noetl, target: "http://127.0.0.1:${(server.address() as AddressInfo).port}", user_headers: {id: x-user-id, email: x-user-email}}]
`;
  const gateway = await startGateway(t, await connect({ reconnect: true }), text, {
    env: { R: RUNNER, PATH: process.env.PATH ?? '' },
    files: { 'keys.json': jwks(key) },
  });
  // The worker pool: takes the work over the bus, and brings its result over HTTP.
  const taken: { task_id: string; parent_task_id: string; payload: unknown }[] = [];
  bus.subscribe('heddle.tasks.incoming', ({ data }) => taken.push(JSON.parse(Buffer.from(data).toString())), {
    queue: 'router',
  });
  await bus.flush();

  const spa = new Spa(gateway.url);
  t.after(() => spa.close());
  await spa.login(token(key, claims(Date.now(), { sub: 'ada' })));
  await spa.events();
  const { requestId, executionId } = await spa.executePlaybook('travel/plan', { to: 'Bergen' });
  assert.deepEqual(
    taken.map(({ payload }) => payload),
    [{ to: 'Bergen' }],
  );

  const callback = await fetch(`${gateway.url}/api/internal/callback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${RUNNER}` },
    body: JSON.stringify({ request_id: requestId, status: 'success', data: { days: 3 } }),
  });
  assert.ok(callback.ok);
  const result = await spa.frame('playbook/result');
  assert.deepEqual(
    [result.requestId, result.executionId, result.status, result.data],
    [requestId, executionId, 'success', { days: 3 }],
  );

  const { subscription_id: id, client_id: client } = await spa.post('/api/subscriptions/firestore', {
    path: 'chat_threads/ada/trip/live',
    scope: 'owner',
  });
  assert.ok(typeof id === 'string' && client !== undefined);
  const event = await spa.frame('subscription/event');
  assert.deepEqual([event.subscription_id, event.doc_id, event.op], [id, '0', 'added']);
  assert.ok(event.data !== undefined);
  await spa.unsubscribe(id);

  bus.publish(`playbooks.executions.${executionId}.step.exit`, JSON.stringify({ step_name: 'book', status: 'ok' }));
  bus.publish(`playbooks.executions.${executionId}.playbook.completed`, '{}');
  await bus.flush();
  const step = await spa.frame('playbook/state', ({ event_type: type }) => type === 'step.exit');
  assert.deepEqual([step.execution_id, step.step_name], [executionId, 'book']);
  assert.ok(typeof step.at === 'string');
  const completed = await spa.frame('playbook/state', ({ event_type: type }) => type === 'playbook.completed');
  assert.equal(completed.execution_id, executionId);

  const proxied = await spa.proxied('/noetl/executions');
  assert.deepEqual(
    [await proxied.json(), asked[0]?.url, asked[0]?.headers['x-user-id']],
    [{ executions: [] }, '/executions', 'ada'],
  );
  const { valid } = await spa.post('/api/auth/validate', {});
  assert.equal(valid, true);
  assert.equal(spa.frames.filter((each) => each.event === 'playbook/result').length, 1);
});
