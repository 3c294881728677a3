import { HeddleError } from '../errors.ts';
import type { Method, Route } from './route.ts';

/** The routes of one path. */
export interface Place {
  readonly path: string;
  readonly names: readonly string[];
  readonly routes: ReadonlyMap<Method, Route>;
  /** For the header of that name. */
  readonly allow: string;
}

export type Match =
  | { readonly place: Place; readonly params: Readonly<Record<string, string>> }
  /** `undecodable`: a parameter that is no percent-encoded UTF-8. */
  | 'nothing'
  | 'undecodable';

interface Branch {
  readonly literals: Map<string, Branch>;
  parameter: Branch | undefined;
  rest: Place | undefined;
  place: Place | undefined;
}

const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]+|\{[a-z][a-z0-9_]*\})$/;
/** The last segment of a path may stand for one or more of what was sent, as it was sent. */
const REST = /^\{\*[a-z][a-z0-9_]*\}$/;
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Paths are compared as they were sent, segment by segment: `//`, `.`, `..` and `%2F` are text like any other, so no path can
 * be written in a second way. A literal path goes before one with parameters.
 */
export function compileRoutes(routes: readonly Route[]): (path: string) => Match {
  const literal = new Map<string, Place>();
  const root: Branch = { literals: new Map(), parameter: undefined, rest: undefined, place: undefined };
  for (const place of placesOf(routes)) {
    if (place.names.length === 0) literal.set(place.path, place);
    else plant(root, place);
  }
  return (path) => {
    const exact = literal.get(path);
    if (exact !== undefined) return { place: exact, params: NO_PARAMS };
    const values: string[] = [];
    const place = walk(root, path.split('/'), 1, values);
    if (place === undefined) return 'nothing';
    const params: Record<string, string> = {};
    for (let at = 0; at < values.length; at += 1) {
      const name = place.names[at] as string;
      if (name.startsWith('*')) {
        params[name.slice(1)] = values[at] as string;
        continue;
      }
      const value = decoded(values[at] as string);
      if (value === undefined) return 'undecodable';
      params[name] = value;
    }
    return { place, params };
  };
}

function placesOf(routes: readonly Route[]): Iterable<Place> {
  const places = new Map<string, Place & { routes: Map<Method, Route>; allow: string }>();
  for (const route of routes) {
    const { path, method } = route;
    const names = namesIn(path);
    const shape = path.replaceAll(/\{\w+\}/g, '{}').replace(/\{\*\w+\}$/, '{*}');
    const known = places.get(shape);
    if (known !== undefined && known.path !== path) {
      throw new HeddleError('input_invalid', `${known.path} and ${path} are one path with two names of a parameter`);
    }
    const place = known ?? { path, names, routes: new Map<Method, Route>(), allow: '' };
    if (place.routes.has(method)) throw new HeddleError('input_invalid', `${method} ${path} is there twice`);
    place.routes.set(method, route);
    place.allow = allowed(place.routes);
    places.set(shape, place);
  }
  return places.values();
}

function namesIn(path: string): string[] {
  const segments = path.split('/').slice(1);
  if (
    !path.startsWith('/') ||
    (path !== '/' &&
      !segments.every((segment, at) => SEGMENT.test(segment) || (at === segments.length - 1 && REST.test(segment))))
  ) {
    throw new HeddleError('input_invalid', `${JSON.stringify(path)} is no path of segments and {parameters}`);
  }
  const names = segments.filter((segment) => segment.startsWith('{')).map((segment) => segment.slice(1, -1));
  if (new Set(names).size < names.length) {
    throw new HeddleError('input_invalid', `${path} has two parameters of one name`);
  }
  return names;
}

function allowed(routes: ReadonlyMap<Method, Route>): string {
  const methods = new Set<string>([...routes.keys(), 'OPTIONS']);
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort().join(', ');
}

function plant(root: Branch, place: Place): void {
  let branch = root;
  for (const segment of place.path.split('/').slice(1)) {
    const fresh: Branch = { literals: new Map(), parameter: undefined, rest: undefined, place: undefined };
    if (segment.startsWith('{*')) {
      branch.rest = place;
      return;
    }
    if (segment.startsWith('{')) {
      branch.parameter ??= fresh;
      branch = branch.parameter;
    } else {
      const next = branch.literals.get(segment) ?? fresh;
      branch.literals.set(segment, next);
      branch = next;
    }
  }
  branch.place = place;
}

/** A literal segment first; where that leads nowhere, the parameter, and then the rest. */
function walk(branch: Branch, segments: readonly string[], at: number, values: string[]): Place | undefined {
  const segment = segments[at];
  if (segment === undefined) return branch.place;
  const next = branch.literals.get(segment);
  const found = next === undefined ? undefined : walk(next, segments, at + 1, values);
  if (found !== undefined) return found;
  if (branch.parameter !== undefined && segment !== '') {
    values.push(segment);
    const place = walk(branch.parameter, segments, at + 1, values);
    if (place !== undefined) return place;
    values.pop();
  }
  if (branch.rest !== undefined) values.push(segments.slice(at).join('/'));
  return branch.rest;
}

/** Once, and only once. */
function decoded(segment: string): string | undefined {
  try {
    return segment.includes('%') ? decodeURIComponent(segment) : segment;
  } catch {
    return undefined;
  }
}

/**
 * The path and the query of a request's target. A target with scheme and authority (as proxies are sent) counts by its path;
 * undefined for what is none of these.
 */
export function splitTarget(target: string): { readonly path: string; readonly query: string } | undefined {
  const own = target.startsWith('/') ? target : /^https?:\/\/[^/?#]+(\/.*)$/i.exec(target)?.[1];
  if (own === undefined) return undefined;
  const mark = own.indexOf('?');
  return mark < 0 ? { path: own, query: '' } : { path: own.slice(0, mark), query: own.slice(mark + 1) };
}
