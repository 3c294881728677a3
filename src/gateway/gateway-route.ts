import type { Route } from '../http/route.ts';
import { ALL_PROBLEMS, type GatewayProblemCode } from './problems.ts';

/** A route, and the problems of the gateway's own that it answers with. */
export interface GatewayRoute extends Route {
  readonly problems?: readonly GatewayProblemCode[] | undefined;
}

const ANY = [
  'bad_request',
  'invalid_path',
  'request_timeout',
  'expectation_failed',
  'too_many_requests',
  'headers_too_large',
  'internal',
  'overloaded',
];
const WITH_BODY = ['body_too_large', 'unsupported_media_type', 'invalid_json', 'json_too_complex'];
const WITH_SCOPE = ['unauthenticated', 'forbidden'];

/** Every problem that a route can answer with: its own, and those of the server before it. */
export function problemCodesOf({ problems = [], request, scope }: GatewayRoute): readonly string[] {
  return [...ANY, ...(request === undefined ? [] : WITH_BODY), ...(scope === undefined ? [] : WITH_SCOPE), ...problems];
}

/** Those codes by their status. */
export function problemsByStatus(route: GatewayRoute): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  for (const code of problemCodesOf(route)) {
    const status = ALL_PROBLEMS[code]?.status ?? 500;
    found.set(status, [...(found.get(status) ?? []), code].sort());
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** Every status that a route can answer with. */
export function statusesOf(route: GatewayRoute): readonly number[] {
  const all = new Set([...Object.keys(route.responses).map(Number), ...problemsByStatus(route).keys()]);
  return [...all].sort((a, b) => a - b);
}
