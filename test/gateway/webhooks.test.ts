import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { parseGoal, parseTask } from '../../src/contract/parse.ts';
import { checkSchema } from '../../src/contract/schema-verdict.ts';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { problemOf } from '../http/raw.ts';
import { goalTaker, keepingBus } from './bus.ts';
import { SIGNINGS, type Signing } from './signed.ts';
import { bodyOf, startGateway, type TestGateway } from './start.ts';

noLeaks();

const nowS = (): number => Math.floor(Date.now() / 1000);
const NAMES = Object.keys(SIGNINGS);
const webhookName = (name: string): string => name.replaceAll(' ', '-');

/** One gateway with a webhook for each way of signing. */
function allWebhooks(): { text: string; env: Record<string, string>; files: Record<string, string> } {
  const env: Record<string, string> = {};
  const files: Record<string, string> = {};
  const lines = NAMES.map((name, at) => {
    const signing = SIGNINGS[name] as Signing;
    let { verify } = signing;
    for (const [key, value] of Object.entries(signing.env)) {
      env[`${key}_${at}`] = value;
      verify = verify.replace(`{env: ${key}}`, `{env: ${key}_${at}}`);
    }
    Object.assign(files, signing.files);
    return `  ${webhookName(name)}: {verify: ${verify}, to: goal}\n`;
  });
  return { text: `public_url: https://gw.example.com\nwebhooks:\n${lines.join('')}`, env, files };
}

async function deliver(
  gateway: TestGateway,
  name: string,
  id: string,
  at = nowS(),
  change: (headers: Record<string, string>) => void = () => {},
) {
  const path = `/webhooks/${webhookName(name)}`;
  const signed = (SIGNINGS[name] as Signing).sign(id, at, `https://gw.example.com${path}`);
  const headers = { ...signed.headers };
  change(headers);
  return await gateway.ask(`${path}${signed.query ?? ''}`, { body: signed.body, headers });
}

for (const bus of BUSES) {
  test(`${bus.name}: each scheme: a genuine delivery is one goal, a second one is the same, anything else leaves nothing on the bus`, {
    skip: bus.skip,
  }, async (t) => {
    const { connect } = await bus.start(t);
    const watcher = await connect();
    const goals = await goalTaker(watcher);
    const seen = await gather(await connect(), '>');
    const { text, ...secrets } = allWebhooks();
    const gateway = await startGateway(t, await connect({ reconnect: true }), text, secrets);
    for (const name of NAMES) {
      const signing = SIGNINGS[name] as Signing;
      const before = goals.length;
      const first = await deliver(gateway, name, `d-${name}`);
      assert.equal(first.status, 202, `${name}: ${await first.clone().text()}`);
      const taken = await bodyOf(first);
      assert.deepEqual([taken.accepted, taken.duplicate], [true, false], name);
      const second = await deliver(gateway, name, `d-${name}`);
      const again = await bodyOf(second);
      assert.equal(second.status, signing.ids ? 200 : 202, name);
      if (signing.ids) assert.deepEqual([again.goal_id, again.duplicate], [taken.goal_id, true], name);
      // Who takes goals has them a moment after the server does.
      await watcher.flush();
      assert.equal(goals.length, before + (signing.ids ? 1 : 2), name);
      const goal = goals[before] as Record<string, unknown>;
      assert.ok(parseGoal(goal).ok);
      assert.deepEqual(checkSchema('orchestrator_goal', goal), []);
      assert.equal(goal.instruction, `Process external event: ${webhookName(name)}`);
    }
    await watcher.flush();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const quiet = seen.messages.filter(
      ({ subject }) => !subject.startsWith('_INBOX') && !subject.startsWith('$'),
    ).length;
    for (const name of NAMES) {
      const { proof, timed } = SIGNINGS[name] as Signing;
      const refused: [string, Promise<Response>][] = [];
      if (proof !== undefined) {
        refused.push(['missing_signature', deliver(gateway, name, 'x', nowS(), (headers) => delete headers[proof])]);
        refused.push([
          'bad_signature',
          deliver(gateway, name, 'x', nowS(), (headers) => {
            headers[proof] = `${headers[proof]?.slice(0, -4)}zzzz`;
          }),
        ]);
      }
      if (timed) {
        refused.push(['stale_timestamp', deliver(gateway, name, 'x', nowS() - 4000)]);
        refused.push(['stale_timestamp', deliver(gateway, name, 'x', nowS() + 4000)]);
      }
      for (const [code, answer] of refused) {
        const response = await answer;
        assert.equal(response.status, 401, `${name} ${code}`);
        const shown = await problemOf(response);
        assert.equal(shown.code, code, name);
        assert.equal(shown.retryable, false);
      }
    }
    await watcher.flush();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const after = seen.messages.filter(({ subject }) => !subject.startsWith('_INBOX') && !subject.startsWith('$'));
    assert.deepEqual(after.slice(quiet), []);
  });
}

const GITHUB = (more: string): string =>
  `webhooks:\n  w:\n    verify: {scheme: github, secrets: [{env: SECRET}]}\n${more}`;
const ENV = { env: { SECRET: 'a-shared-secret-of-some-length' } };
const BUS = BUSES[0]!;

test('a mapping to a task: references, templates, constants, defaults, digits as they came', async (t) => {
  const { connect } = await BUS.start(t);
  const tasks = await gather(await connect(), 'heddle.tasks.incoming');
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    GITHUB(`    to: task
    worker_type: ship
    tier: local
    priority: high
    metadata: {from: "{event}", delivery: {ref: /delivery}, seen: {ref: /headers/x-github-event}}
    payload:
      total: {ref: /body/order/total}
      second: {ref: /body/items/1}
      big: {ref: /body/order/big}
      note: "#{/body/order/id} for {/body/who} via {/query/q} {{so}}"
      missing: {ref: /body/none, default: null}
      proto: {ref: /body/__proto__/x}
      fixed: [1, yes, {a: 12345678901234567890}]
`),
    ENV,
  );
  const body =
    '{\n "who":"Ann","__proto__":{"x":1.0},"items":["a", 2.50],\n "order":{"id":7,"total":1.0,"big":12345678901234567890}}';
  const headers = {
    'content-type': 'application/json',
    authorization: 'Basic secret',
    cookie: 'a=b',
    'x-github-event': 'order',
    'x-github-delivery': 'd-1',
    'x-hub-signature-256': `sha256=${createHmac('sha256', ENV.env.SECRET).update(body).digest('hex')}`,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  const response = await gateway.ask('/webhooks/w?q=x', { body, headers });
  assert.equal(response.status, 202, await response.clone().text());
  assert.match(response.headers.get('traceparent') ?? '', /^00-0af7651916cd43dd8448eb211c80319c-/);
  const { text } = (await tasks.count(1))[0] ?? { text: '' };
  for (const raw of [
    '"total":1.0',
    '"second":2.50',
    '"big":12345678901234567890',
    '"proto":1.0',
    '[1,true,{"a":12345678901234567890}]',
  ]) {
    assert.ok(text.includes(raw), `${raw} in ${text}`);
  }
  const task = JSON.parse(text) as Record<string, Record<string, unknown>>;
  assert.ok(parseTask(task).ok);
  assert.deepEqual(checkSchema('task_message', task), []);
  assert.equal(task.payload?.note, '#7 for Ann via x {so}');
  assert.equal(task.payload?.missing, null);
  assert.deepEqual(task.metadata, { from: 'w', delivery: 'd-1', seen: 'order' });
  assert.deepEqual([task.worker_type, task.model_tier, task.priority], ['ship', 'local', 'high']);
  assert.match(String(task._trace_context?.traceparent), /^00-0af7651916cd43dd8448eb211c80319c-/);
  assert.doesNotMatch(text, /secret|a=b|sha256/);
});

test('what cannot be mapped is 422 with the place, and leaves nothing', async (t) => {
  const { connect } = await BUS.start(t);
  const seen = await gather(await connect(), 'heddle.>');
  const text = GITHUB(
    '    to: task\n    worker_type: echo\n    payload: {id: {ref: /body/id}}\n    dedupe: {key: "header:x-id"}\n',
  );
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    text.replace('github, secrets: [{env: SECRET}]', 'none, insecure: true'),
  );
  const missing = await problemOf(await gateway.ask('/webhooks/w', { json: { other: 1 }, headers: { 'x-id': '1' } }));
  assert.equal(missing.code, 'unmapped_delivery');
  assert.deepEqual(missing.errors, [{ pointer: '/body/id', detail: 'absent' }]);
  for (const [body, type, code] of [
    ['{', 'application/json', 'invalid_json'],
    ['{"a":NaN}', 'application/json', 'invalid_json'],
    [`${'['.repeat(100)}${']'.repeat(100)}`, 'application/json', 'json_too_complex'],
    ['<a/>', 'application/xml', 'unsupported_media_type'],
    ['', 'application/json', 'invalid_json'],
    ['"text"', 'application/json', 'unmapped_delivery'],
  ] as const) {
    const response = await gateway.ask('/webhooks/w', { method: 'POST', body, headers: { 'content-type': type } });
    assert.equal((await problemOf(response)).code, code, body.slice(0, 20));
  }
  const form = await gateway.ask('/webhooks/w', {
    body: 'id=1&id=2&__proto__=x',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal((await problemOf(form)).code, 'nobody_listens', 'a form can be mapped');
  assert.deepEqual(seen.messages, [], 'not even a watcher saw anything');
});

test('unknown and switched off alike are 404; other methods say what is possible', async (t) => {
  const { connect } = await BUS.start(t);
  const gateway = await startGateway(t, await connect({ reconnect: true }), GITHUB('    enabled: false\n'), ENV);
  for (const path of ['/webhooks/w', '/webhooks/nothing', '/webhook/w']) {
    for (const method of ['POST', 'GET', 'OPTIONS']) {
      const response = await gateway.ask(path, method === 'POST' ? { json: {} } : { method });
      assert.equal(response.status, 404, `${method} ${path}`);
      assert.equal((await problemOf(response)).code, 'unknown_webhook');
    }
  }
  const put = await gateway.ask('/webhooks/w', { method: 'PUT', json: {} });
  assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, HEAD, OPTIONS, POST']);
});

test('challenges: Slack, Discord, Meta and the handshake of CloudEvents', async (t) => {
  const { connect } = await BUS.start(t);
  const seen = await gather(await connect(), 'heddle.>');
  const { SECRET = '' } = (SIGNINGS.slack as Signing).env;
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    `webhooks:
  slack: {verify: {scheme: slack, secrets: [{env: SECRET}]}}
  discord: {verify: ${(SIGNINGS.discord as Signing).verify}}
  meta:
    verify: {scheme: meta, secrets: [{env: SECRET}]}
    challenge: {verify_token: {env: WORD}}
    cloudevents: {origins: [eventemitter.example.com]}
    dedupe: none
`,
    { env: { SECRET, WORD: 'a-word-that-meta-knows' } },
  );
  const body = JSON.stringify({ type: 'url_verification', challenge: 'abc' });
  const at = String(nowS());
  const slack = await gateway.ask('/webhooks/slack', {
    body,
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': at,
      'x-slack-signature': `v0=${createHmac('sha256', SECRET).update(`v0:${at}:${body}`).digest('hex')}`,
    },
  });
  assert.deepEqual([slack.status, await bodyOf(slack)], [200, { challenge: 'abc' }]);
  const unsigned = await gateway.ask('/webhooks/slack', { body, headers: { 'content-type': 'application/json' } });
  assert.equal(unsigned.status, 401, 'a challenge is verified, too');
  const hub = (word: string) =>
    gateway.ask(`/webhooks/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${word}`);
  const asked = await hub('a-word-that-meta-knows');
  assert.deepEqual([asked.status, await asked.text()], [200, '1158201444']);
  assert.equal((await problemOf(await hub('another-word-of-the-same'))).code, 'challenge_refused');
  assert.equal((await gateway.ask('/webhooks/slack?hub.mode=subscribe&hub.challenge=1')).status, 403);
  const handshake = (origin: string) =>
    gateway.ask('/webhooks/meta', { method: 'OPTIONS', headers: { 'webhook-request-origin': origin } });
  assert.equal(
    (await handshake('eventemitter.example.com')).headers.get('webhook-allowed-origin'),
    'eventemitter.example.com',
  );
  assert.equal((await handshake('evil.example.com')).headers.get('webhook-allowed-origin'), null);
  assert.deepEqual(seen.messages, []);
});

test('CloudEvents in both modes: the data is the body, source and id are the delivery', async (t) => {
  const { connect } = await BUS.start(t);
  const taker = await connect();
  const goals = await goalTaker(taker);
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    `webhooks:
  w:
    verify: {scheme: none, insecure: true}
    instruction: "{/cloudevent/type} {/cloudevent/subject}"
    context: {data: {ref: /body}}
    cloudevents: {}
`,
  );
  const event = { specversion: '1.0', id: '1', source: '/s', type: 'order.made', subject: 'né' };
  const structured = (more: object) =>
    gateway.ask('/webhooks/w', {
      body: JSON.stringify({ ...event, ...more }),
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    });
  const first = await structured({ data: { n: 1 } });
  assert.equal(first.status, 202, await first.clone().text());
  const binary = await gateway.ask('/webhooks/w', {
    json: { n: 1 },
    headers: {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/s',
      'ce-type': 'order.made',
      'ce-subject': 'n%C3%A9',
    },
  });
  assert.deepEqual(
    [binary.status, (await bodyOf(binary)).goal_id],
    [200, (await bodyOf(first)).goal_id],
    'one event in two modes',
  );
  await structured({ id: '2', data_base64: Buffer.from('{"n":1.0}').toString('base64') });
  await taker.flush();
  assert.deepEqual(
    goals.map(({ instruction, context }) => [instruction, context]),
    [
      ['order.made né', { data: { n: 1 } }],
      ['order.made né', { data: { n: 1 } }],
    ],
  );
  assert.equal((await problemOf(await structured({ specversion: '0.3' }))).code, 'bad_request');
  assert.equal((await problemOf(await structured({ source: '' }))).code, 'bad_request');
  const batch = await gateway.ask('/webhooks/w', {
    body: '[]',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
  });
  assert.equal(batch.status, 415);
});

test('the same delivery fifty times at once on two replicas is one goal with fifty equal ids', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const bus = await keepingBus(t);
  const taker = await bus.connect();
  const goals = await goalTaker(taker);
  const text = `webhooks: {github: {verify: ${(SIGNINGS.github as Signing).verify}}}\n`;
  const { env } = SIGNINGS.github as Signing;
  const replicas = await Promise.all(
    [1, 2].map(async () => await startGateway(t, await bus.connect({ reconnect: true }), text, { env })),
  );
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) => deliver(replicas[at % 2] as TestGateway, 'github', 'same')),
  );
  const bodies = await Promise.all(answers.map(bodyOf));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 202]));
  assert.equal(answers.filter(({ status }) => status === 202).length, 1);
  assert.equal(new Set(bodies.map((each) => each.goal_id)).size, 1);
  assert.equal(bodies.filter(({ duplicate }) => duplicate === false).length, 1);
  await taker.flush();
  assert.equal(goals.length, 1);
});

test('nobody listens: 503, and the same delivery later succeeds, on either replica', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const bus = await keepingBus(t);
  const text = `webhooks: {github: {verify: ${(SIGNINGS.github as Signing).verify}}}\n`;
  const { env } = SIGNINGS.github as Signing;
  const [one, other] = await Promise.all(
    [1, 2].map(async () => await startGateway(t, await bus.connect({ reconnect: true }), text, { env })),
  );
  assert.ok(one !== undefined && other !== undefined);
  const refused = await deliver(one, 'github', 'd');
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5']);
  const shown = await problemOf(refused);
  assert.deepEqual([shown.code, shown.retryable], ['nobody_listens', true]);
  const taker = await bus.connect();
  const goals = await goalTaker(taker);
  assert.equal((await deliver(other, 'github', 'd')).status, 202);
  assert.equal((await deliver(one, 'github', 'd')).status, 200);
  await taker.flush();
  assert.equal(goals.length, 1);
});
