import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLeaks } from '../helpers/leaks.ts';
import { until } from '../http/raw.ts';
import { guideWorld } from './guide.ts';

noLeaks();

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
  const { gateway, bus, taken, asked, bring, idToken } = await guideWorld(t);
  const spa = new Spa(gateway.url);
  t.after(() => spa.close());
  await spa.login(idToken);
  await spa.events();
  const { requestId, executionId } = await spa.executePlaybook('travel/plan', { to: 'Bergen' });
  assert.deepEqual(
    taken.map(({ payload }) => payload),
    [{ to: 'Bergen' }],
  );

  await bring({ request_id: requestId, status: 'success', data: { days: 3 } });
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
