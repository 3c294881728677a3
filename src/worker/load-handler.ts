import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { HeddleError } from '../errors.ts';
import type { WorkerDefinition } from './define.ts';

/**
 * A module with `export default async (payload, ctx) => output`, or `export default defineWorker({…})`. Beside a function
 * may stand the exports setup, reset and teardown.
 */
export async function loadHandler(path: string, shown = path): Promise<WorkerDefinition> {
  let module: Readonly<Record<string, unknown>>;
  try {
    // Node resolves links by what it looked at last: when that was a pipe, which stdout often is, links to packages (pnpm, npm link) are
    // not followed, and their modules are met twice. A look at a file mends that.
    statSync(path, { throwIfNoEntry: false });
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (thrown) {
    throw unloadable(thrown, shown);
  }
  const main = module.default;
  const parts: Readonly<Record<string, unknown>> =
    typeof main === 'function' ? { ...module, handle: main } : ((main ?? {}) as Record<string, unknown>);
  if (typeof parts.handle !== 'function') {
    throw new HeddleError('input_invalid', `${shown} exports no handler`, {
      hint: 'Write: export default async (payload, ctx) => ({ … }), or export default defineWorker({ handle }).',
    });
  }
  for (const name of ['setup', 'reset', 'teardown']) {
    if (parts[name] !== undefined && typeof parts[name] !== 'function') {
      throw new HeddleError('input_invalid', `${shown}: ${name} is no function`);
    }
  }
  return parts as unknown as WorkerDefinition;
}

function unloadable(thrown: unknown, shown: string): HeddleError {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return new HeddleError('input_invalid', `${shown}: this Node cannot load it as it is`, {
      hint: 'Compile TypeScript to .mjs first, or use Node 22.18 or later.',
      cause: thrown,
    });
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ENOENT') {
    return new HeddleError('input_unreadable', `${shown}: ${words.split('\n')[0]}`, { cause: thrown });
  }
  return new HeddleError('input_invalid', `${shown} could not be loaded: ${words}`, { cause: thrown });
}
