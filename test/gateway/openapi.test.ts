import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { GatewayRoute } from '../../src/gateway/gateway-route.ts';
import { problemCodesOf, statusesOf } from '../../src/gateway/gateway-route.ts';
import { openApiOf } from '../../src/gateway/openapi.ts';
import { GATEWAY_PROBLEMS } from '../../src/gateway/problems.ts';
import { describedRoutes } from '../../src/gateway/routes/list.ts';
import { BUSES } from '../helpers/buses.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject } from '../helpers/root.ts';
import { bodyOf, gatewayConfig, startGateway } from './start.ts';

noLeaks();

interface Described {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        responses: Record<string, unknown>;
        security?: unknown;
        parameters?: { name: string; in: string }[];
      }
    >
  >;
  components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } };
}

// With every part that there is.
const everything = readFileSync(inProject('tools', 'gateway-everything.yaml'), 'utf8');
const routes: readonly GatewayRoute[] = describedRoutes(gatewayConfig(everything));
const described = openApiOf(routes, { version: '0.0.0' }) as Described;

test('every route is described, with every status and every parameter of its path', () => {
  assert.equal(described.openapi, '3.1.0');
  const ids = new Set<string>();
  for (const route of routes) {
    const operation = described.paths[route.path.replace('{*', '{')]?.[route.method.toLowerCase()];
    assert.ok(operation !== undefined, `${route.method} ${route.path}`);
    assert.deepEqual(Object.keys(operation.responses).map(Number).sort(), [...statusesOf(route)].sort(), route.path);
    const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name);
    assert.deepEqual(
      inPath,
      [...route.path.matchAll(/\{\*?(\w+)\}/g)].map(([, name]) => name),
    );
    assert.equal(operation.security !== undefined, route.scope !== undefined);
    ids.add(operation.operationId);
  }
  assert.equal(ids.size, routes.length, 'ids are different');
  const count = Object.values(described.paths).flatMap((each) => Object.keys(each)).length;
  assert.equal(count, routes.length, 'nothing is described that is not served');
});

test('every problem of the gateway is answered by some route, and every code is in the description', () => {
  const answered = new Set(routes.flatMap((route) => problemCodesOf(route)));
  assert.deepEqual(
    Object.keys(GATEWAY_PROBLEMS).filter((code) => !answered.has(code)),
    [],
  );
  const known = described.components.schemas.Problem.properties.code.enum;
  for (const code of answered) assert.ok(known.includes(code), code);
});

test('what is served is what the command prints', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const gateway = await startGateway(t, await connect(), 'kind: gateway\n');
  const served = await bodyOf(await gateway.ask('/v1/openapi.json'));
  const { stdout, code } = await runCli(['gateway', 'openapi', '-o', 'json'], { cwd: '/' });
  assert.equal(code, 0);
  const printed = JSON.parse(stdout) as { info: { version: string } };
  assert.deepEqual({ ...printed, info: { ...printed.info, version: '0.0.0' } }, served);
  const contract = await bodyOf(await gateway.ask('/v1/contract'));
  assert.equal(contract.schema_version, 1);
  assert.deepEqual((contract.store as { kind: string }).kind, 'memory');
});

test('where no requests are served, none are described', () => {
  const paths = describedRoutes(gatewayConfig('requests: false\nlisten: 127.0.0.1:1')).map(({ path }) => path);
  assert.ok(!paths.some((path) => /tasks|goals|requests/.test(path)), paths.join());
});
