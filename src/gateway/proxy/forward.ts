import { type Agent, request as askHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as askHttps } from 'node:https';
import type { ProxyConfig } from '../../config/views/gateway-config/parts/proxy.ts';
import { tooLarge } from '../../http/body.ts';
import { problem } from '../../http/problem.ts';
import type { Context, Relayed } from '../../http/route.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import { ANONYMOUS } from '../core.ts';
import { gatewayProblem } from '../problems.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import { pathAt } from './path.ts';

export interface Upstream {
  readonly config: ProxyConfig;
  readonly agent: Agent;
  readonly clock: Clock;
  /** We are reached over TLS. */
  readonly secure: boolean;
}

/**
 * Hands a request on and its answer back, both as they come: where either side is slow, the other one waits, and no more than a piece of
 * each is ever here. Rejects with the problem that there is, as long as nothing was answered.
 */
export function forward({ config, agent, clock, secure }: Upstream, rest: string, context: Context): Promise<Relayed> {
  const { target, bodyBytes, timeoutS } = config;
  const { protocol, hostname, port, pathname } = new URL(target);
  const path = pathAt(pathname.replace(/\/+$/, ''), rest, context.queryText);
  const { headers, remote, requestId, principal = ANONYMOUS, signal } = context;
  const bodyLength = lengthOf(headers);
  const ask = protocol === 'https:' ? askHttps : askHttp;
  const upstream = ask({
    agent,
    // An address of IPv6 has brackets in a URL alone.
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    method: context.method,
    path,
    setHost: false,
    headers: requestHeaders(config, { headers, principal, remote, secure, requestId, bodyLength }),
  });
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | undefined;
    let timer: Timer | undefined;
    const moved = (): void => {
      clock.cancel(timer);
      timer = clock.after(timeoutS * 1000, () => {
        // It is the client that does not take it, and others see to that.
        if (answer?.isPaused() === true) return moved();
        fail(gatewayProblem('upstream_timeout', { detail: `the server behind did not go on for ${timeoutS} s` }));
      });
    };
    const fail = (why: Error): void => {
      clock.cancel(timer);
      reject(why);
      upstream.destroy();
    };
    const left = (): void => fail(signal.reason as Error);
    signal.addEventListener('abort', left, { once: true });
    // What is on its way back already ends by itself.
    const stay = context.onWithdrawn((why) => {
      if (answer === undefined) fail(why);
    });
    moved();
    upstream.on('close', () => {
      clock.cancel(timer);
      stay();
      signal.removeEventListener('abort', left);
    });
    upstream.on('error', (cause) => {
      fail(gatewayProblem('upstream_failed', { detail: 'the server behind cannot be reached, or broke off', cause }));
    });
    upstream.on('response', (response) => {
      answer = response;
      response.on('data', moved);
      try {
        const status = response.statusCode ?? 502;
        resolve(context.relay({ status, headers: responseHeaders(response.headers), body: response }));
      } catch (thrown) {
        fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    });
    if (bodyLength === 0) upstream.end();
    else send(context, upstream, { most: bodyBytes, moved, fail });
  });
}

function send(
  context: Context,
  upstream: ClientRequest,
  { most, moved, fail }: { readonly most: number; readonly moved: () => void; readonly fail: (why: Error) => void },
): void {
  const body = context.stream();
  let size = 0;
  body.on('data', (part: Buffer) => {
    size += part.length;
    if (size > most) {
      body.pause();
      return fail(tooLarge(most));
    }
    moved();
    if (!upstream.write(part)) body.pause();
  });
  upstream.on('drain', () => {
    moved();
    body.resume();
  });
  body.on('end', () => upstream.end());
}

/** The server of ours has refused what is framed in two ways. What is packed besides would be handed on as if it were not. */
function lengthOf(headers: Context['headers']): number | undefined {
  const coding = headers['transfer-encoding']?.trim().toLowerCase();
  if (coding === undefined) return Number(headers['content-length'] ?? 0);
  if (coding === 'chunked') return undefined;
  throw problem('bad_request', { detail: 'a body is handed on as it is, or chunked, and packed in no other way' });
}
