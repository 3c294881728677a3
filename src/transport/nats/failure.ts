import { HeddleError } from '../../errors.ts';
import { redactText } from '../redact.ts';
import type { Attempt, Failure } from './attempt.ts';
import { certificateFailure, isTlsError } from './certificate.ts';
import { DialProblem } from './dial.ts';
import { serverFailure } from './refusal.ts';

/** The one error that says why a server could not be used, and what to do about it. */
export function connectFailure(attempt: Attempt): HeddleError {
  const { code, message, hint, remedy, retryable } = failureOf(attempt);
  const { secrets } = attempt;
  return new HeddleError(code, redactText(message, secrets), {
    hint: hint === undefined ? undefined : redactText(hint, secrets),
    remedy,
    retryable,
    cause: safeCause(attempt.error, secrets),
  });
}

/** The original error, unless its text holds a secret. */
export function safeCause(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof Error) || error instanceof DialProblem) return undefined;
  const text = `${error.message}\n${error.stack ?? ''}`;
  return redactText(text, secrets) === text ? error : undefined;
}

function failureOf(attempt: Attempt): Failure {
  switch (attempt.stage) {
    case 'resolving':
      return nameFailure(attempt);
    case 'connecting':
      return pathFailure(attempt);
    case 'greeting':
      return greetingFailure(attempt);
    case 'securing':
      return securingFailure(attempt);
    case 'joining':
      return joiningFailure(attempt);
  }
}

function nameFailure({ address, timedOut, timeoutMs, error, secrets }: Attempt): Failure {
  const why =
    timedOut || errorCode(error) === 'EAI_AGAIN'
      ? timedOut
        ? `the name servers did not answer within ${seconds(timeoutMs)}`
        : 'the name servers do not answer'
      : 'the name does not exist';
  return {
    code: 'connection_dns',
    message: `cannot find the host of ${address.label}: ${why}`,
    remedy: { do: 'check-host', host: redactText(address.host, secrets) },
    retryable: timedOut || errorCode(error) === 'EAI_AGAIN',
  };
}

function pathFailure({ address, timedOut, timeoutMs, error }: Attempt): Failure {
  const { label, host, port } = address;
  const codes = errorCodes(error);
  if (!timedOut && codes.includes('ECONNREFUSED')) {
    return {
      code: 'connection_refused',
      message: `nothing listens at ${label} (connection refused)`,
      remedy: { do: 'start-server' },
      retryable: true,
    };
  }
  const why = timedOut ? `no answer within ${seconds(timeoutMs)}` : (codes[0] ?? 'unknown reason');
  if (timedOut || codes.some((code) => NO_WAY.has(code))) {
    return {
      code: 'connection_unreachable',
      message: `no way to ${label}: ${why}`,
      hint: `Check the address, the VPN, and firewalls between here and there: nc -vz ${host} ${port}`,
      retryable: true,
    };
  }
  return other(cannotConnect(label, `the connection failed (${why})`));
}

/** The system says that packets do not get there, or not back. */
const NO_WAY = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
]);

function greetingFailure(attempt: Attempt): Failure {
  const { address, timedOut, timeoutMs, error, peer, tls } = attempt;
  const { label } = address;
  const notNats = (message: string, hint: string): Failure => ({ code: 'connection_not_nats', message, hint });
  const rightPort = 'Check the port: clients of NATS connect to 4222 by default (8222 is its web page for monitoring).';

  if (peer?.kind === 'tls_nats') {
    return {
      code: 'tls_required',
      message: `${label} speaks TLS from the first byte, and we waited for it to speak first`,
      remedy: { do: 'connect-tls-first' },
    };
  }
  const said = error instanceof DialProblem ? error.said : undefined;
  if (peer?.kind === 'http' || said?.startsWith('HTTP/')) {
    return notNats(`${label} is a web server, not a NATS server`, rightPort);
  }
  if (peer?.kind === 'tls') return notNats(`${label} speaks TLS, but is not a NATS server`, rightPort);
  if (error instanceof DialProblem && (error.problem === 'not_info' || error.problem === 'silent')) {
    const words = said ? `: it said ${JSON.stringify(said)}` : '';
    return notNats(`${label} is not a NATS server${words}`, rightPort);
  }
  if (timedOut) {
    const after = tls.first ? ' after the TLS handshake' : '';
    return notNats(
      `${label} accepted the connection and said nothing${after} for ${seconds(timeoutMs)}; a NATS server speaks first`,
      `It is another service, a server that hangs, or a proxy without one behind it. ${rightPort}`,
    );
  }
  return notNats(
    `${label} accepted the connection and closed it without a word; a NATS server speaks first`,
    `A proxy or a port-forward with nothing behind it looks like this. ${rightPort}`,
  );
}

function securingFailure(attempt: Attempt): Failure {
  const { address, timedOut, timeoutMs, error, tls } = attempt;
  const { label } = address;
  if (error instanceof DialProblem && error.problem === 'no_tls') return noTls(label);
  if (timedOut) {
    return {
      code: 'connection_timeout',
      message: `${label} did not finish the TLS handshake within ${seconds(timeoutMs)}`,
      remedy: { do: 'raise-timeout', of: 'handshake' },
      retryable: true,
    };
  }
  if (tls.first && /WRONG_VERSION_NUMBER|PACKET_LENGTH|UNKNOWN_PROTOCOL/.test(errorCode(error) ?? '')) {
    return {
      code: 'tls_refused',
      message: `${label} does not begin with TLS, as ${tls.called.first} asks`,
      remedy: { do: 'leave-tls-first-out' },
    };
  }
  return certificateFailure(attempt) ?? other(cannotConnect(label, `the TLS handshake failed${reason(error)}`));
}

function joiningFailure(attempt: Attempt): Failure {
  const { address, timedOut, timeoutMs, error, complaints } = attempt;
  const { label } = address;
  for (const complaint of complaints) {
    const failure = serverFailure(complaint, attempt);
    if (failure !== undefined) return failure;
  }
  // With TLS 1.3 a server refuses our certificate only after the handshake; then it may be the reset that we see.
  if (isTlsError(error) || attempt.info?.tls_verify === true) {
    const failure = certificateFailure(attempt);
    if (failure !== undefined) return failure;
  }
  if (timedOut) {
    return {
      code: 'connection_timeout',
      message: `${label} greeted us and then did not answer within ${seconds(timeoutMs)}`,
      hint: 'The server is overloaded or hangs.',
      remedy: { do: 'raise-timeout', of: 'joining' },
      retryable: true,
    };
  }
  return other(cannotConnect(label, `the server closed the connection while we joined${reason(error)}`));
}

function noTls(label: string): Failure {
  return {
    code: 'tls_refused',
    message: `we ask for TLS, and ${label} does not offer it`,
    hint: 'Turn TLS on in the server, or, if plain text is meant, use nats:// and leave the TLS settings out.',
  };
}

function cannotConnect(label: string, what: string): string {
  return `cannot connect to ${label}: ${what}`;
}

function other(message: string): Failure {
  return {
    code: 'connection_failed',
    message,
    remedy: { do: 'trace-connection' },
    retryable: true,
  };
}

function reason(error: unknown): string {
  const code = errorCode(error);
  return code === undefined ? '' : ` (${code})`;
}

export function errorCode(error: unknown): string | undefined {
  return errorCodes(error)[0];
}

/** The system's codes; several when a name had several addresses and each failed in its own way. */
function errorCodes(error: unknown): string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(errorCodes);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? [code] : [];
}

export function seconds(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
