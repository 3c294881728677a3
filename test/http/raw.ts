import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Route } from '../../src/http/route.ts';
import { type Served, type ServeOptions, serve } from '../../src/http/serve.ts';
import type { AccessEvent } from '../../src/http/service.ts';

const PATIENCE_MS = 20_000;

export interface TestServer extends Served {
  readonly access: AccessEvent[];
  readonly errors: unknown[];
}

/** A server that goes with the test. Whatever a route throws that is no problem is in `errors`. */
export async function serveFor(
  t: TestContext,
  routes: readonly Route[],
  options: Partial<ServeOptions> = {},
): Promise<TestServer> {
  const access: AccessEvent[] = [];
  const errors: unknown[] = [];
  const served = await serve(
    {
      host: '127.0.0.1',
      port: 0,
      onAccess: (event) => access.push(event),
      onError: (thrown) => errors.push(thrown),
      ...options,
    },
    routes,
  );
  t.after(() => served.drain(0));
  return { ...served, access, errors };
}

/** A client that sends exactly what it is told. */
export interface Raw {
  readonly socket: Socket;
  send(...lines: readonly string[]): void;
  text(): string;
  seen(pattern: RegExp): Promise<string>;
  /** Resolves, with all that came, when the other side has ended. */
  ended(): Promise<string>;
}

export async function raw(t: TestContext, port: number): Promise<Raw> {
  let text = '';
  let over = false;
  const looks = new Set<() => void>();
  const changed = (): void => {
    for (const look of looks) look();
  };
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    changed();
  });
  for (const end of ['end', 'close', 'error']) {
    socket.on(end, () => {
      over = true;
      changed();
    });
  }
  await new Promise((resolve) => socket.once('connect', resolve));
  t.after(() => socket.destroy());
  const until = (what: string, test: () => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!test()) return;
        clearTimeout(timer);
        looks.delete(look);
        resolve(text);
      };
      const timer = setTimeout(() => reject(new Error(`${what} did not come; what came:\n${text}`)), PATIENCE_MS);
      looks.add(look);
      look();
    });
  return {
    socket,
    send: (...lines) => socket.write(lines.join('\r\n')),
    text: () => text,
    seen: (pattern) => until(String(pattern), () => pattern.test(text)),
    ended: () => until('the end', () => over),
  };
}

/** A GET, with further header lines. */
export function get(path: string, ...headers: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, 'host: x', ...headers, '', ''].join('\r\n');
}

export function post(path: string, body: string, ...headers: readonly string[]): string {
  const own = ['host: x', 'content-type: application/json', `content-length: ${Buffer.byteLength(body)}`];
  return [`POST ${path} HTTP/1.1`, ...own, ...headers, '', body].join('\r\n');
}

export interface Parsed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** All answers of a connection, read by their lengths. `heads`: those that have none in spite of theirs. */
export function answers(text: string, heads: readonly number[] = []): Parsed[] {
  const found: Parsed[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`half an answer: ${rest}`);
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ', 2) as [string, string]));
    const size =
      status === 100 || status === 204 || heads.includes(found.length) ? 0 : Number(headers['content-length']);
    found.push({ status, headers, body: rest.slice(end + 4, end + 4 + size) });
    rest = rest.slice(end + 4 + size);
  }
  return found;
}

export interface ProblemShown {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly retryable: boolean;
  readonly request_id: string;
  readonly errors?: unknown;
}

export async function problemOf(response: Response): Promise<ProblemShown> {
  const type = response.headers.get('content-type');
  if (type !== 'application/problem+json') throw new Error(`${response.status} is ${type}: ${await response.text()}`);
  return (await response.json()) as ProblemShown;
}

export async function until(what: string, test: () => boolean, ms = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + ms;
  while (!test()) {
    if (performance.now() > deadline) throw new Error(`${what}: it did not come in ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
