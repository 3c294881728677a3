import { type Authentication, bearerOf, unauthenticated } from './bearer.ts';
import { checkType, tooLarge } from './body.ts';
import type { Exchange } from './exchange.ts';
import { type Match, type Place, splitTarget } from './match.ts';
import { problem } from './problem.ts';
import type { Answer, Method, Principal, Reply, Route } from './route.ts';
import type { Service } from './service.ts';

/** What no route answers. */
export interface Unanswered {
  readonly method: string;
  readonly path: string;
  /** The methods of a path that is there, for the header of that name; undefined: nothing is there. */
  readonly allow: string | undefined;
}

export interface Handling extends Service {
  readonly match: (path: string) => Match;
  readonly authentication:
    | {
        readonly holder: (secret: string) => Principal | undefined;
        readonly otherwise: Authentication['otherwise'];
      }
    | undefined;
  /** Answers in place of the problems `not_found` and `method_not_allowed`, and of OPTIONS. */
  readonly unanswered: ((what: Unanswered) => Reply) | undefined;
}

/** From the headers to the answer. Whatever happens on the way is answered; nothing is thrown. */
export function handle(exchange: Exchange, handling: Handling, load: Load): void {
  try {
    const answer = decide(exchange, handling, load);
    if (!(answer instanceof Promise)) return exchange.answer(answer);
    answer.then(
      (each) => exchange.answer(each),
      (thrown: unknown) => exchange.fail(thrown),
    );
  } catch (thrown) {
    exchange.fail(thrown);
  }
}

/** What else is under way. */
export interface Load {
  /** Exchanges of the same connection, this one included. */
  readonly pipelined: number;
  /** An `expect` that is not 100-continue. */
  readonly strangeExpectation: boolean;
}

function decide(exchange: Exchange, handling: Handling, load: Load): Answer | Promise<Answer> {
  checkRequest(exchange, handling, load);
  const { request } = exchange;
  const target = splitTarget(request.url ?? '');
  if (target === undefined) {
    throw problem('bad_request', { detail: 'the target of the request is no path' });
  }
  const match = handling.match(target.path);
  if (match === 'undecodable') {
    throw problem('invalid_path', { detail: 'a part of the path is no percent-encoded UTF-8' });
  }
  const place = match === 'nothing' ? undefined : match.place;
  const route = place === undefined ? undefined : routeFor(place, exchange.method);
  if (route === undefined) {
    return unanswered({ method: exchange.method, path: target.path, allow: place?.allow }, handling);
  }
  exchange.route = route;
  exchange.params = match === 'nothing' ? {} : match.params;
  exchange.queryText = target.query;
  const { scope } = route;
  if (scope === undefined || handling.authentication === undefined) return run(exchange, route);
  const caller = callerOf(exchange, handling.authentication);
  const enter = (principal: Principal): Answer | Promise<Answer> => {
    exchange.comesFrom(principal);
    exchange.requireScope(scope);
    return run(exchange, route);
  };
  return caller instanceof Promise ? caller.then(enter) : enter(caller);
}

/** Of every request, before anything is done for it. */
function checkRequest({ request, head }: Exchange, { inflight, limits }: Handling, load: Load): void {
  const { fields, hosts } = head;
  if (fields > limits.headers) {
    throw problem('headers_too_large', { detail: `the request has more than ${limits.headers} headers` });
  }
  if (hosts > 1 || (hosts === 0 && request.httpVersion === '1.1')) {
    throw problem('bad_request', { detail: `the request has ${hosts === 0 ? 'no' : 'more than one'} host header` });
  }
  if (load.strangeExpectation) {
    throw problem('expectation_failed', { detail: 'the only expectation that is met is 100-continue' });
  }
  if (load.pipelined > limits.pipelined) {
    throw problem('too_many_requests', {
      detail: `more than ${limits.pipelined} requests of one connection wait for their answer`,
      retryAfterS: 1,
      headers: { connection: 'close' },
    });
  }
  if (inflight > limits.inflight) {
    throw problem('overloaded', { detail: 'too many requests are being worked on', retryAfterS: 1 });
  }
}

function routeFor({ routes }: Place, method: string): Route | undefined {
  return routes.get((method === 'HEAD' ? 'GET' : method) as Method);
}

function unanswered(what: Unanswered, handling: Handling): Reply {
  if (handling.unanswered !== undefined) return handling.unanswered(what);
  const { method, allow } = what;
  if (allow === undefined) throw problem('not_found', { detail: 'nothing is at this path' });
  if (method === 'OPTIONS') return { status: 204, headers: { allow } };
  throw problem('method_not_allowed', {
    detail: `${method} is not possible here`,
    hint: `Possible are ${allow}.`,
    headers: { allow },
  });
}

function callerOf(
  { request, query }: Exchange,
  { holder, otherwise }: NonNullable<Handling['authentication']>,
): Principal | Promise<Principal> {
  const { headers } = request;
  const bearer = bearerOf(headers.authorization);
  const found = bearer === undefined ? undefined : holder(bearer);
  if (found !== undefined) return found;
  // Made when it is needed: an error costs as much as the rest of a request.
  const refusal = () => unauthenticated(headers.authorization !== undefined);
  if (otherwise === undefined) throw refusal();
  const known = (principal: Principal | undefined): Principal => {
    if (principal === undefined) throw refusal();
    return principal;
  };
  const answer = otherwise({ headers, query, bearer });
  return answer instanceof Promise ? answer.then(known) : known(answer);
}

function run(exchange: Exchange, route: Route): Answer | Promise<Answer> {
  const { request, head, mostBytes } = exchange;
  const { bodyLength } = head;
  if (bodyLength !== 0) {
    if (bodyLength !== undefined && bodyLength > mostBytes) throw tooLarge(mostBytes);
    if (route.request !== undefined && route.request.asItComes !== true) checkType(request, route.request);
  }
  return route.run(exchange);
}
