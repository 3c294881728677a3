import { HeddleError } from '../errors.ts';
import type { ConfigDocument } from './document.ts';
import { readConfigFile } from './read-file.ts';
import { type ConfigResult, showProblem } from './views/view.ts';

const MOST_SHOWN = 5;

/** For commands that cannot go on without this file: its typed view, or an error that names every place. */
export function requireConfig<T>(path: string, shown: string, view: (document: ConfigDocument) => ConfigResult<T>): T {
  const document = readConfigFile(path, shown);
  const [unreadable] = document.problems;
  if (unreadable !== undefined && ABSENT.has(unreadable.code)) {
    throw new HeddleError('input_unreadable', `${shown}: ${unreadable.message}`);
  }
  const result = view(document);
  if (result.ok) return result.value;
  const lines = result.problems.slice(0, MOST_SHOWN).map(showProblem);
  const rest = result.problems.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more`);
  throw new HeddleError('input_invalid', lines.join('\n'), {
    remedy: { do: 'validate-config', why: 'required', file: shown },
  });
}

const ABSENT: ReadonlySet<string> = new Set(['missing', 'directory', 'not_a_file', 'unreadable']);
