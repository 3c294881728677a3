import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';

/** How far a connect came; each step has its own ways to fail. */
export type Stage = 'resolving' | 'connecting' | 'greeting' | 'securing' | 'joining';

/** The INFO document that a NATS server begins with, as sent: every field may be anything. */
export type Greeting = Readonly<Record<string, unknown>>;

/** What went wrong on a socket that worked as a socket. */
export class DialProblem extends Error {
  readonly problem: 'closed' | 'not_info' | 'no_tls' | 'silent' | 'given_up';
  /** The first bytes of whatever answered. */
  readonly said: string | undefined;

  constructor(problem: DialProblem['problem'], said?: string) {
    super(problem);
    this.name = 'DialProblem';
    this.problem = problem;
    this.said = said;
  }
}

/** More than the INFO of a cluster of a thousand servers; a peer that talks on without a line end is no NATS server. */
const LONGEST_GREETING = 128 * 1024;
const GREETING_WORD = 'INFO';

/** One more address of the same name gets its chance when an attempt has taken this long. */
const NEXT_ADDRESS_MS = 500;

const READ_AT_ONCE = 64 * 1024;

/**
 * Starts a TCP connection. The socket is there at once, so that whoever owns it can destroy it at any time. `take`: gets all that
 * comes in place of the `data` event, always in the same memory, which is written over when it returns: fresh memory for each read
 * lies outside the heap, and of what lies there V8 lets tens of megabytes pile up before it looks.
 */
export function startTcp(host: string, port: number, take?: (lent: Buffer) => void): Socket {
  const socket = connect({
    host,
    port,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    ...(take === undefined ? {} : { onread: readingInto(take) }),
  });
  // An error between two steps, when nobody else listens, must not end the process; the close event tells.
  socket.on('error', () => {});
  return socket;
}

function readingInto(take: (lent: Buffer) => void): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(READ_AT_ONCE),
    callback: (size, buffer) => {
      take(Buffer.from(buffer.buffer, buffer.byteOffset, size));
      return true;
    },
  };
}

/** Resolves when the socket is connected. `resolved` is called when the name became an address. */
export function connected(socket: Socket, host: string, resolved: () => void): Promise<void> {
  if (isIP(host) !== 0) resolved();
  else socket.once('lookup', (error) => !error && resolved());
  return settle(socket, (done) => {
    socket.once('connect', done);
    return () => socket.off('connect', done);
  });
}

/** Reads the server's first line. Resolves with it parsed, and with all bytes so far, for the protocol's own parser. */
export function greeting(socket: Socket): Promise<{ info: Greeting; bytes: Uint8Array }> {
  return settle(socket, (done, fail) => {
    let bytes: Buffer = Buffer.alloc(0);
    const read = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n');
      const word = bytes.subarray(0, GREETING_WORD.length).toString('latin1').toUpperCase();
      const foreign = !GREETING_WORD.startsWith(word) || (end < 0 && bytes.length > LONGEST_GREETING);
      if (end < 0 && !foreign) return;
      const info = foreign ? undefined : parseGreeting(bytes.subarray(0, end).toString('utf8'));
      if (info === undefined) fail(new DialProblem('not_info', firstWords(bytes)));
      else done({ info, bytes });
    };
    socket.on('data', read);
    return () => socket.off('data', read);
  });
}

function parseGreeting(line: string): Greeting | undefined {
  const text = /^INFO\s+(\{.*)$/i.exec(line)?.[1];
  if (text === undefined) return undefined;
  try {
    const info: unknown = JSON.parse(text);
    return typeof info === 'object' && info !== null ? (info as Greeting) : undefined;
  } catch {
    return undefined;
  }
}

/** The beginning of foreign bytes as one printable line. */
export function firstWords(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 60)).toString('latin1');
  return text.replace(/[\r\n][\s\S]*$/, '').replace(/[^\x20-\x7e]/g, '?');
}

/**
 * A promise over a socket: `start` wires what decides and returns the undo. A socket that closes first rejects, with
 * its error when it had one.
 */
export function settle<T>(
  socket: Socket,
  start: (done: (value: T) => void, fail: (error: Error) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let undo = (): void => {};
    let error: Error | undefined;
    const stop = (): void => {
      undo();
      socket.off('error', failed);
      socket.off('close', closed);
    };
    const failed = (cause: Error): void => {
      error = cause;
    };
    const closed = (): void => {
      stop();
      reject(error ?? new DialProblem('closed'));
    };
    socket.on('error', failed);
    socket.on('close', closed);
    undo = start(
      (value) => {
        stop();
        resolve(value);
      },
      (cause) => {
        stop();
        reject(cause);
      },
    );
    if (socket.destroyed) closed();
  });
}
