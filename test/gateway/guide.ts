import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Transport } from '../../src/transport/transport.ts';
import { BUSES } from '../helpers/buses.ts';
import { inProject } from '../helpers/root.ts';
import { claims, ISSUER, jwks, keyOf, token } from './issuer.ts';
import { startGateway, type TestGateway } from './start.ts';

const RUNNER = 'the-token-of-the-worker-pool';
const key = keyOf('k', 'RS256');

/** What stands around the gateway in the published guide: an issuer of ID tokens, a worker pool, a server behind, a sidecar. */
export interface GuideWorld {
  readonly gateway: TestGateway;
  readonly bus: Transport;
  /** What the worker pool took from the bus. */
  readonly taken: readonly { readonly task_id: string; readonly parent_task_id: string; readonly payload: unknown }[];
  /** What the server behind was asked. */
  readonly asked: readonly IncomingMessage[];
  /** The ID token of the user ada. */
  readonly idToken: string;
  /** The worker pool brings a result over HTTP. */
  bring(callback: object): Promise<void>;
}

export async function serveFor(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** `more`: of the config. */
export async function guideWorld(t: TestContext, more = ''): Promise<GuideWorld> {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const asked: IncomingMessage[] = [];
  const behind = await serveFor(t, (request, response) => {
    asked.push(request);
    response.end('{"executions":[]}');
  });
  const text = `auth:
  allow_query_token: true
  tokens: [{id: pool, env: R, scopes: [callback]}]
  oidc: {issuer: "${ISSUER}", audience: spa, jwks: "file:keys.json"}
playbooks: {"travel/plan": {to: task, worker_type: planner}}
updates: {subject_prefix: "playbooks.executions."}
subscriptions: {firestore: {command: [${process.execPath}, ${inProject('test', 'gateway', 'sidecar.mjs')}, alone, "{path}"], allow: "chat_threads/{user}/…"}}
proxy: [{prefix: /noetl, target: "${behind}", user_headers: {id: x-user-id, email: x-user-email}}]
${more}`;
  const gateway = await startGateway(t, await connect({ reconnect: true }), text, {
    env: { R: RUNNER, PATH: process.env.PATH ?? '' },
    files: { 'keys.json': jwks(key) },
  });
  const taken: { task_id: string; parent_task_id: string; payload: unknown }[] = [];
  bus.subscribe('heddle.tasks.incoming', ({ data }) => taken.push(JSON.parse(Buffer.from(data).toString())), {
    queue: 'router',
  });
  await bus.flush();
  return {
    gateway,
    bus,
    taken,
    asked,
    idToken: token(key, claims(Date.now(), { sub: 'ada' })),
    bring: async (callback) => {
      const response = await fetch(`${gateway.url}/api/internal/callback`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${RUNNER}` },
        body: JSON.stringify(callback),
      });
      assert.ok(response.ok);
    },
  };
}
