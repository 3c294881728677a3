import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { readDocument } from '../../src/config/document.ts';
import type { GatewayConfig } from '../../src/config/views/gateway-config/config.ts';
import { readGatewayConfig } from '../../src/config/views/gateway-config/read.ts';
import type { GatewayEvent } from '../../src/gateway/events.ts';
import { type GatewayOptions, type RunningGateway, runGateway } from '../../src/gateway/run.ts';
import type { Transport } from '../../src/transport/transport.ts';

export const TOKEN = 'a-token-for-the-tests-of-the-gateway';

export function gatewayConfig(text: string): GatewayConfig {
  const read = readGatewayConfig(readDocument('gateway.yaml', Buffer.from(text)));
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems));
  return read.value;
}

export interface TestGateway extends RunningGateway {
  readonly events: GatewayEvent[];
  /** A request to it; a body that is no text is sent as JSON. */
  ask(
    path: string,
    init?: Omit<RequestInit, 'body'> & { json?: unknown; body?: string | Uint8Array },
  ): Promise<Response>;
}

const LISTEN = 'listen: 127.0.0.1:0\n';

/** A gateway of the test's own, on a port that the kernel chose. */
export async function startGateway(
  t: TestContext,
  transport: Transport,
  text = 'kind: gateway\n',
  options: Partial<GatewayOptions> & { env?: Record<string, string>; files?: Record<string, string> } = {},
): Promise<TestGateway> {
  const events: GatewayEvent[] = [];
  const { env = {}, files = {}, ...more } = options;
  const running = await runGateway(transport, {
    config: gatewayConfig(text.includes('listen:') ? text : LISTEN + text),
    version: '0.0.0',
    secrets: {
      env,
      read: (path) => {
        const found = files[path];
        if (found === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
        return found;
      },
    },
    log: (event) => events.push(event),
    ...more,
  });
  t.after(() => running.drain(1_000));
  return {
    ...running,
    events,
    ask: async (path, { json, ...init } = {}) => {
      const headers = new Headers(init.headers);
      if (json !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
      const body = json === undefined ? init.body : JSON.stringify(json);
      const request = { ...init, headers, ...(body === undefined ? {} : { body, method: init.method ?? 'POST' }) };
      return await fetch(`${running.url}${path}`, request);
    },
  };
}

export async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}
