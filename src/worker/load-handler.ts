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
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (thrown) {
    throw await unloadable(thrown, path, shown);
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

async function unloadable(thrown: unknown, path: string, shown: string): Promise<HeddleError> {
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
  // A name that a module does not export is a SyntaxError too, and its words name both modules.
  const unreadable = thrown instanceof SyntaxError && !/^The requested module/.test(words);
  const place = unreadable ? await placeOfSyntaxError(path, shown) : '';
  return new HeddleError('input_invalid', `${shown} could not be loaded: ${words}${place}`, { cause: thrown });
}

/** How long the runtime may take to read the file once more. */
const READING_MS = 5000;

/** Import tells what is wrong and not where; the runtime's own check of a file tells both. Nothing of the file is run. */
async function placeOfSyntaxError(path: string, shown: string): Promise<string> {
  const { execFile } = await import('node:child_process');
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--check', path], { timeout: READING_MS }, (_error, _stdout, stderr) =>
      resolve(stderr),
    );
  });
  if (!said.includes('SyntaxError')) return ' (in a module that it imports)';
  const [first = '', source = ''] = said.split('\n');
  const line = /:(\d+)$/.exec(first)?.[1];
  if (line === undefined) return '';
  return ` (${shown}:${line}${source.trim() === '' ? '' : `: ${source.trim().slice(0, 100)}`})`;
}
