import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from './connections.ts';
import { PROBLEM_TYPE, type Problem, problem, problemText } from './problem.ts';
import type { Service } from './service.ts';

/** How long a client may take to read why it was refused. */
const LINGER_MS = 1_000;

/** What the parser could not read, or waited for in vain, is answered as far as it can be, and ends the connection. */
export function refuseUnreadable(
  error: NodeJS.ErrnoException,
  socket: Socket,
  connections: Connections,
  service: Service,
  requestId: string,
): void {
  const why = problemOf(error);
  const [first, second] = connections.of(socket)?.exchanges ?? [];
  // It was refused already, and goes on.
  if (why !== undefined && (socket.writableEnded || first?.lingers === true)) return;
  if (why !== undefined) service.counts.malformed += 1;
  if (why !== undefined && second === undefined) {
    // A body that breaks off is the exchange's to answer.
    if (first?.failBody(why) === true) return;
    if (first === undefined && socket.writable) return answer(why, socket, service, requestId);
  }
  socket.destroy();
}

/** undefined: the client has gone. */
function problemOf({ code = '' }: NodeJS.ErrnoException): Problem | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return problem('request_timeout', { detail: 'the request did not come in time' });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return problem('headers_too_large', { detail: 'the headers are too long' });
  }
  if (code === 'HPE_INVALID_EOF_STATE' || !code.startsWith('HPE_')) return undefined;
  return problem('bad_request', { detail: 'this is no request of HTTP/1.1' });
}

function answer(why: Problem, socket: Socket, service: Service, requestId: string): void {
  const body = problemText(why, requestId);
  const head = [
    `HTTP/1.1 ${why.status} ${STATUS_CODES[why.status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `heddle-request-id: ${requestId}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  const enough = service.clock.after(LINGER_MS, () => socket.destroy());
  socket.once('close', () => service.clock.cancel(enough));
  service.access({
    requestId,
    method: undefined,
    route: undefined,
    status: why.status,
    ms: 0,
    bytes: Buffer.byteLength(body),
    complete: true,
    remote: socket.remoteAddress ?? '',
    principal: undefined,
    problem: why.code,
    reason: undefined,
  });
}
