import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, ON_NODE } from '../helpers/program-under-test.ts';

// What a process has in use, and not only what the system gave it: V8 keeps room for what it will need, more or less of it by what
// the last minutes brought, and what is left of the rest after a collection is what somebody holds on to.

/**
 * For the Node of a program that is asked. Its nursery has its whole size from the start, as a busy one comes to: V8 lets it grow from 1
 * MiB to 32 and shrink again as it likes, once in some minutes, and a bound of 12 MiB would tell of nothing else.
 */
export const NODE_ARGS = ['--min-semi-space-size=16', '--expose-gc'];

/** On Node, and where a socket has a place among the files. */
const CAN_BE_ASKED = ON_NODE && process.platform !== 'win32';

/** The environment in which a program can be asked. */
export function askable(folder: string): Record<string, string> {
  if (!CAN_BE_ASKED) return {};
  return before(`
    import { createServer } from 'node:net';
    createServer((socket) => {
      socket.on('error', () => {});
      gc();
      const { heapUsed, external } = process.memoryUsage();
      socket.end(String(heapUsed + external));
    }).listen(${JSON.stringify(join(folder, 'in-use.'))} + process.pid).unref();
  `);
}

/** In MiB, after a collection. Undefined where a program cannot be asked. */
export async function inUseOf(folder: string, pid: number): Promise<number | undefined> {
  if (!CAN_BE_ASKED) return undefined;
  return Number(await text(connect(join(folder, `in-use.${pid}`)))) / 1024 / 1024;
}
