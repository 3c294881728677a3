import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Caller } from '../../src/http/caller.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type Context, jsonReply, type Route, route } from '../../src/http/route.ts';
import { Tenure } from '../../src/http/tenure.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { get, type Raw, raw, serveFor, until } from './raw.ts';

noLeaks();

const SCOPES = ['read', 'work:ocr'];

function callerWith(by: 'token' | 'session', ...scopes: string[]) {
  const held = new Set(scopes);
  const tenure = new Tenure(by, held);
  return { tenure, caller: new Caller({ name: 'ci', scopes: held, tenure }) };
}

const challenge = (problem: Problem | undefined) => problem?.details.headers?.['www-authenticate'];

test('a caller is refused what it may not, and loses what it took when one of that is held no more', () => {
  const { tenure, caller } = callerWith('token', 'read', 'work:ocr', 'other');
  assert.throws(() => caller.require(['admin', 'root']), {
    code: 'forbidden',
    message: /^ci may not do this: it needs the scope admin$/,
  });
  caller.require(['read']);
  caller.require(['work:*', 'work:ocr']);
  const told: (string | undefined)[] = [];
  const undo = caller.onWithdrawn(() => told.push('undone'));
  caller.onWithdrawn((why) => told.push(why.message));
  caller.answering((reason) => told.push(reason));
  tenure.hold(new Set(['read', 'work:*']));
  caller.requireStill();
  assert.deepEqual([caller.withdrawn, told], [undefined, []], 'what was refused, or never taken, is no loss');
  undo();
  tenure.hold(new Set(['read']));
  assert.deepEqual(told.splice(0), ['ci may do this no more: it needs the scope work:*', 'forbidden']);
  assert.equal(challenge(caller.withdrawn), 'Bearer realm="heddle", error="insufficient_scope", scope="work:*"');
  assert.throws(() => caller.requireStill(), { code: 'forbidden' });
  caller.onWithdrawn((why) => told.push(why.code));
  assert.deepEqual(told, ['forbidden'], 'who asks too late is told at once');
  tenure.hold(new Set(SCOPES));
  assert.equal(caller.withdrawn, undefined, 'what is given back is held again');
  tenure.hold(new Set(['work:ocr']));
  assert.throws(() => caller.requireStill(), { message: 'ci may do this no more: it needs the scope read' });
  assert.ok(tenure.isIdle);
});

test('what ended for good is said by what it was, and with no more than a name', () => {
  for (const [by, says] of [
    ['token', /taken back/],
    ['session', /session ended/],
  ] as const) {
    const { tenure, caller } = callerWith(by, 'read');
    caller.require(['read']);
    tenure.end();
    assert.deepEqual([caller.withdrawn?.code, caller.withdrawn?.status], ['unauthenticated', 401]);
    assert.match(caller.withdrawn?.message ?? '', says);
    assert.equal(challenge(caller.withdrawn), 'Bearer realm="heddle", error="invalid_token"');
  }
});

test('what was waited for is handed over only to who may still have it; who has no tenure waits for nothing more', async () => {
  const { tenure, caller } = callerWith('token', 'read');
  caller.require(['read']);
  assert.equal(await caller.ifStill(Promise.resolve(1)), 1);
  let come: (value: number) => void = () => {};
  const waiting = caller.ifStill(new Promise<number>((resolve) => (come = resolve)));
  tenure.end();
  come(2);
  await assert.rejects(waiting, { code: 'unauthenticated' });
  const forEver = new Caller({ name: 'ci', scopes: new Set(['read']) });
  const same = Promise.resolve(3);
  assert.equal(forEver.ifStill(same), same);
  forEver.onWithdrawn(() => assert.fail('it is never taken away'))();
  assert.equal(forEver.withdrawn, undefined);
});

const SECRET = 'a-secret-of-some-length';

/** A server with everything that goes on for long, and the tenure of its one token. */
async function served(t: TestContext) {
  const tenure = new Tenure('token', new Set(SCOPES));
  const behind = new Readable({ read: () => {} });
  const seen: Context[] = [];
  const guarded = (method: 'GET' | 'POST', path: string, run: Route['run']): Route =>
    route({ method, path, scope: 'read', request: method === 'POST' ? {} : undefined, responses: {}, run });
  const routes: readonly Route[] = [
    guarded('POST', '/body', async (context) => jsonReply(200, (await context.json()).value)),
    guarded('GET', '/relay', (context) => {
      behind.push('the first of it');
      return context.relay({ status: 200, headers: {}, body: behind });
    }),
    guarded('GET', '/events', (context) => {
      const stream = context.events({ dismissal: (reason) => ({ event: 'bye', data: reason }) });
      stream.write(Buffer.from('data: first\n\n'));
      return stream;
    }),
    route({
      method: 'GET',
      path: '/open',
      responses: {},
      run: (context) => {
        seen.push(context);
        context.requireScope('whatever');
        context.onWithdrawn(() => assert.fail('nobody was let in'))();
        return jsonReply(200, context.withdrawn ?? null);
      },
    }),
  ];
  const tokens = [{ name: 'ci', secret: SECRET, scopes: SCOPES, tenure }];
  const server = await serveFor(t, routes, { authentication: { tokens } });
  return { ...server, tenure, behind, seen };
}

const AUTHORIZED = `authorization: Bearer ${SECRET}`;

test('bodies, relayed answers and streams of events end with the right to them, each in its own way', async (t) => {
  const { port, tenure, errors } = await served(t);
  const [body, relayed, events] = (await Promise.all([1, 2, 3].map(() => raw(t, port)))) as [Raw, Raw, Raw];
  body.send(
    'POST /body HTTP/1.1',
    'host: x',
    AUTHORIZED,
    'content-type: application/json',
    'content-length: 2',
    '',
    '{',
  );
  relayed.send(get('/relay', AUTHORIZED));
  events.send(get('/events', AUTHORIZED));
  await Promise.all([relayed.seen(/the first of it/), events.seen(/data: first\n\n/)]);
  assert.equal(tenure.isIdle, false);
  tenure.end();
  body.socket.write('}');
  assert.match(await body.seen(/"code":"unauthenticated"/), /^HTTP\/1\.1 401 /);
  assert.match(await events.ended(), /data: first\n\nevent: bye\ndata: unauthenticated\n\n$/);
  assert.match(await relayed.ended(), /^HTTP\/1\.1 200 [\s\S]*the first of it\r\n$/, 'half of it, and no end');
  assert.deepEqual([tenure.isIdle, errors], [true, []]);
});

test('an answer that came to its end, or whose client left, is remembered by nobody', async (t) => {
  const { port, tenure, behind } = await served(t);
  const [relayed, events, gone] = (await Promise.all([1, 2, 3].map(() => raw(t, port)))) as [Raw, Raw, Raw];
  relayed.send(get('/relay', AUTHORIZED));
  gone.send(get('/events', AUTHORIZED));
  events.send(get('/events', AUTHORIZED).replace('GET', 'HEAD'));
  await Promise.all([relayed.seen(/the first of it/), gone.seen(/data: first/), events.ended()]);
  behind.push(null);
  await relayed.seen(/\r\n0\r\n\r\n$/);
  gone.socket.destroy();
  await until('all of it is over', () => tenure.isIdle);
});

test('a route for everybody has no caller, whoever asks', async (t) => {
  const { url, tenure, seen } = await served(t);
  tenure.end();
  const response = await fetch(`${url}/open`, { headers: { authorization: `Bearer ${SECRET}` } });
  assert.deepEqual([response.status, await response.json()], [200, null]);
  assert.deepEqual([seen[0]?.principal, seen[0]?.withdrawn], [undefined, undefined]);
});
