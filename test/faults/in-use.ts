import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, ON_NODE } from '../helpers/program-under-test.ts';

// What a process has in use, and not only what the system gave it: V8 keeps room for what it will need, more or less of it by what
// the last minutes brought, and what is left of the rest after a collection is what somebody holds on to.

/**
 * The environment in which a program can be asked. There it also has the whole of its nursery from the first collections on: V8 begins
 * with 1 MiB, which a quiet program sees grow by half an hour of doubling until it has 32, and that is not what is looked for.
 */
export function askable(folder: string): Record<string, string> {
  if (!ON_NODE) return {};
  return before(`
    import { createServer } from 'node:net';
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    setFlagsFromString('--semi-space-growth-factor=32');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    createServer((socket) => {
      socket.on('error', () => {});
      collect();
      const { heapUsed, external } = process.memoryUsage();
      socket.end(String(heapUsed + external));
    }).listen(${JSON.stringify(join(folder, 'in-use.'))} + process.pid).unref();
  `);
}

/** In MiB, after a collection. Undefined where a program cannot be asked. */
export async function inUseOf(folder: string, pid: number): Promise<number | undefined> {
  if (!ON_NODE) return undefined;
  return Number(await text(connect(join(folder, `in-use.${pid}`)))) / 1024 / 1024;
}
