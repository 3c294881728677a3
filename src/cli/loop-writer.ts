import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** Told how many of the bytes were taken, or why none will be. */
export type Taken = (error: NodeJS.ErrnoException | null, taken: number) => void;

/** As much as a pipe holds: of so much at most it is not known, in the end, whether it was taken. */
const AT_A_TIME = 64 * 1024;

/** Writes to a pipe or a socket by the event loop. Undefined for what is neither: a file takes what it is given. */
export function loopWriter(fd: number): LoopWriter | undefined {
  // Not on Windows, whose pipes know nothing like it. Bun's sockets over a descriptor end at once or block, and it waits for no thread at its end.
  if (constants.O_NONBLOCK === undefined || process.versions.bun !== undefined) return undefined;
  try {
    const what = fstatSync(fd);
    if (!what.isFIFO() && !what.isSocket()) return undefined;
    return new LoopWriter(new Socket({ fd: what.isFIFO() ? opened(fd) : fd, readable: false, writable: true }));
  } catch {
    return undefined;
  }
}

/** Not to block belongs to the opened pipe, which others may share; Linux opens it once more, for us alone. */
function opened(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}

export class LoopWriter {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Whoever writes is told.
    socket.on('error', () => {});
  }

  write(parts: readonly Uint8Array[], taken: Taken): void {
    const socket = this.#socket;
    let room = AT_A_TIME;
    let last: Uint8Array | undefined;
    socket.cork();
    for (const part of parts) {
      if (room === 0) break;
      if (last !== undefined) socket.write(last);
      last = part.length > room ? part.subarray(0, room) : part;
      room -= last.length;
    }
    socket.write(last ?? new Uint8Array(0), (error) => taken(error ?? null, AT_A_TIME - room));
    socket.uncork();
  }

  /** What is on its way is given up. */
  close(): void {
    this.#socket.destroy();
  }
}
