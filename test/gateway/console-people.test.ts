import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { connect } from '../../src/transport/nats.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor } from '../helpers/nats-server.ts';
import { launch, skipWithoutBrowser } from './browser.ts';
import { claims, ISSUER, jwks, keyOf, token } from './issuer.ts';
import { bodyOf, startGateway } from './start.ts';

noLeaks();

const key = keyOf('k', 'EdDSA');

test('the console of a person without JetStream: who works over HTTP, what nobody keeps, and the end of the session', {
  skip: skipWithoutBrowser(),
}, async (t) => {
  const server = await natsServerFor(t);
  const transport = await connect({ servers: [server.url], reconnect: true });
  t.after(() => transport.close());
  const text = `console: true
auth: {oidc: {issuer: "${ISSUER}", audience: spa, jwks: "file:keys.json", scopes: [submit, events, observe, work, admin]}}
workers: {types: {ocr: {}, scan: {}}}
`;
  const gateway = await startGateway(t, transport, text, { files: { 'keys.json': jwks(key) }, words: adviceText });
  const login = async (): Promise<Record<string, string>> => {
    const sent = await gateway.ask('/api/auth/login', { json: { id_token: token(key, claims(Date.now())) } });
    return { authorization: `Bearer ${(await bodyOf(sent)).session_token}` };
  };
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on('console', (said) => {
    // The browser's own word for an answer that is no success.
    if (said.type() === 'error' && !/status of 401/.test(said.text())) faults.push(said.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));

  // A person logs in with an ID token, by keyboard.
  await page.goto(`${gateway.url}/`);
  await page.locator('#token:focus').waitFor();
  await page.locator('#by-id summary').press('Enter');
  await page.getByLabel('ID token').fill(token(key, claims(Date.now())));
  await page.locator('#login-id button').press('Enter');
  await page.locator('#who', { hasText: 'as user/auth0|7' }).waitFor();

  // A worker that comes is shown, and not any more when it has gone.
  const worker = await login();
  const over = new AbortController();
  const stands = await fetch(`${gateway.url}/v1/workers/connect`, {
    method: 'POST',
    headers: { ...worker, 'content-type': 'application/json' },
    body: JSON.stringify({ worker_id: 'scanner-7', task_types: ['ocr', 'scan'], max_tasks: 3 }),
    signal: over.signal,
  });
  assert.equal(stands.status, 200);
  void stands.text().catch(() => {});
  const row = page.locator('#map tr', { hasText: 'scanner-7' });
  await row.waitFor();
  assert.match(await row.innerText(), /ocr, scan\s+stream/);
  over.abort();
  await row.waitFor({ state: 'detached' });
  assert.match(await page.locator('#map').innerText(), /Workers over HTTP\s+none/);

  // Nobody keeps dead letters here: said in words, on the page and to whoever asks for a replay.
  const groups = page.locator('#groups');
  await groups.filter({ hasText: /JetStream/ }).waitFor();
  assert.equal(await groups.getByRole('button').count(), 0);
  const replay = await gateway.ask('/v1/dead-letters/groups/abc/replay', { json: {}, headers: worker });
  const problem = await bodyOf(replay);
  assert.deepEqual([replay.status, problem.code], [404, 'unknown_group']);
  assert.match(`${problem.detail} ${problem.hint}`, /JetStream/);

  // Logged out elsewhere: the page is told at once, and asks who is there.
  const shown = await page.evaluate('sessionStorage.getItem(Object.keys(sessionStorage)[0])');
  const out = await gateway.ask('/api/auth/logout', { json: { session_token: shown } });
  assert.equal(out.status, 200);
  await page.locator('#token:focus').waitFor();
  assert.match(await page.locator('#door-said').innerText(), /good no more/);
  assert.equal(await page.locator('#live').isVisible(), false);
  assert.equal(gateway.counts().streams, 0);
  assert.deepEqual(faults, []);
});
