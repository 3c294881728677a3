import { HeddleError, isHeddleError } from '../../errors.ts';
import type { Io } from '../io.ts';

/** How long the runtime may take to read the file once more. */
const READING_MS = 5000;

/** A handler that is no JavaScript: import tells what is wrong and not where; the runtime's own check of a file, which runs nothing of it, tells both. */
export async function withPlace(thrown: unknown, path: string, shown: string, io: Io): Promise<unknown> {
  if (isHeddleError(thrown) && isPlaced(thrown.cause)) return placed(thrown, thrown.cause.position, path, shown);
  if (!isHeddleError(thrown) || !(thrown.cause instanceof SyntaxError)) return thrown;
  // A name that a module does not export is a SyntaxError too, and its words name both modules.
  if (/^The requested module/.test(thrown.cause.message)) return thrown;
  const { saidBy } = await import('../../child/said-by.ts');
  const said = await saidBy([io.runtime, '--check', path], { timeoutMs: READING_MS });
  const place = said.includes('SyntaxError') ? placeIn(said, shown) : ' (in a module that it imports)';
  const hint = thrown.hint ?? `Correct it there; 'node --check ${shown}' reads it and runs nothing.`;
  return new HeddleError(thrown.code, `${thrown.message}${place}`, { cause: thrown.cause, hint });
}

/** What Bun says of a module that is no JavaScript. */
interface Placed {
  readonly position: { readonly file: string; readonly line: number; readonly lineText: string };
}

function isPlaced(cause: unknown): cause is Placed {
  const position = (cause as Partial<Placed> | undefined)?.position;
  return typeof position?.line === 'number' && typeof position.file === 'string';
}

function placed(
  thrown: HeddleError,
  { file, line, lineText }: Placed['position'],
  path: string,
  shown: string,
): HeddleError {
  const place = file === path ? placeOf(shown, line, lineText) : ` (in ${file}:${line}, which it imports)`;
  return new HeddleError(thrown.code, `${thrown.message}${place}`, { cause: thrown.cause, hint: 'Correct it there.' });
}

function placeOf(shown: string, line: number | string, source: string): string {
  return ` (${shown}:${line}${source.trim() === '' ? '' : `: ${source.trim().slice(0, 100)}`})`;
}

/** Its first line is the file and the line, the next one is the source. */
function placeIn(said: string, shown: string): string {
  const [first = '', source = ''] = said.split('\n');
  const line = /:(\d+)$/.exec(first)?.[1];
  if (line === undefined) return '';
  return placeOf(shown, line, source);
}
