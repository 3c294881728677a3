import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { actors, goalTaker, keepingBus } from './bus.ts';
import { SIGNINGS, type Signing } from './signed.ts';
import { startGateway, TOKEN } from './start.ts';

noLeaks();

test('tokens, secrets, signatures and cookies appear nowhere: no answer, log, metric, message or kept value', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const bus = await keepingBus(t);
  const watcher = await bus.connect();
  // Every key of every bucket passes here, besides all that is sent.
  const seen = await gather(watcher, '>');
  await actors(t, await bus.connect());
  await goalTaker(await bus.connect());
  const names = [
    'github',
    'stripe',
    'slack',
    'standard-webhooks',
    'google-oidc',
    'bearer',
    'hmac',
    'discord',
    'twilio',
    'gitlab',
  ];
  const env: Record<string, string> = { GW: TOKEN };
  const files: Record<string, string> = {};
  const webhooks = names.map((name, at) => {
    const signing = SIGNINGS[name] as Signing;
    let { verify } = signing;
    for (const [key, value] of Object.entries(signing.env)) {
      env[`${key}_${at}`] = value;
      verify = verify.replace(`{env: ${key}}`, `{env: ${key}_${at}}`);
    }
    Object.assign(files, signing.files);
    return `  ${name}: {verify: ${verify}, context: {all: {ref: /headers}, body: {ref: /body}}}\n`;
  });
  const gateway = await startGateway(
    t,
    await bus.connect({ reconnect: true }),
    `public_url: https://gw.example.com\nauth: {tokens: [{id: ci, env: GW, scopes: [submit, events, metrics]}]}\nwebhooks:\n${webhooks.join('')}`,
    { env, files },
  );
  const said: string[] = [];
  const secrets = new Set([TOKEN, ...Object.values(env), 'a-cookie-of-somebody', 'proxy-credentials']);
  const note = async (response: Response): Promise<number> => {
    said.push(JSON.stringify([...response.headers]), await response.text());
    return response.status;
  };
  const credentials = {
    authorization: `Bearer ${TOKEN}`,
    cookie: 'session=a-cookie-of-somebody',
    'proxy-authorization': 'Basic proxy-credentials',
  };
  const json = { worker_type: 'echo', payload: { a: 1 } };
  assert.equal(
    await note(
      await gateway.ask('/v1/tasks', { json, headers: { ...credentials, prefer: 'wait=5', 'idempotency-key': 'k' } }),
    ),
    200,
  );
  assert.equal(await note(await gateway.ask('/v1/tasks', { json: {}, headers: credentials })), 422);
  assert.equal(
    await note(await gateway.ask('/v1/tasks', { json, headers: { authorization: `Bearer ${TOKEN}x` } })),
    401,
  );
  for (const name of names) {
    const path = `/webhooks/${name}`;
    const { body, headers } = (SIGNINGS[name] as Signing).sign(
      'd',
      Math.floor(Date.now() / 1000),
      `https://gw.example.com${path}`,
    );
    const { proof } = SIGNINGS[name] as Signing;
    const shown = headers[proof ?? ''] ?? '';
    secrets.add(shown.split(/[ ,=]/).at(-1) || shown);
    const more = { cookie: credentials.cookie, 'proxy-authorization': credentials['proxy-authorization'] };
    assert.equal(await note(await gateway.ask(path, { body, headers: { ...headers, ...more } })), 202, name);
    assert.equal(
      await note(
        await gateway.ask(path, { body, headers: { ...headers, ...more, ...(proof && { [proof]: `${shown}x` }) } }),
      ),
      401,
      name,
    );
  }
  // What is kept of a ticket finds its token again, and must not give it away, nor what could be tried out for it.
  assert.equal(await note(await gateway.ask('/v1/events/ticket', { method: 'POST', headers: credentials })), 200);
  for (const as of ['base64url', 'hex'] as const) secrets.add(createHash('sha256').update(TOKEN).digest(as));
  await note(await gateway.ask('/metrics', { headers: credentials }));
  await note(await gateway.ask('/v1/contract', { headers: credentials }));
  await watcher.flush();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const kept = seen.messages.filter(({ subject }) => subject.startsWith('$KV.'));
  assert.ok(kept.length > names.length, `${kept.length} values were kept`);
  const places = {
    answers: said.join('\n'),
    log: JSON.stringify(gateway.events),
    bus: seen.messages.map(({ subject, text }) => `${subject} ${text}`).join('\n'),
  };
  for (const [place, text] of Object.entries(places)) {
    assert.ok(text.length > 100, place);
    for (const secret of secrets) assert.ok(!text.includes(secret), `${place} holds ${secret}`);
  }
});
