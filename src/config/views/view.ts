import { HeddleError } from '../../errors.ts';
import type { ConfigDocument } from '../document.ts';
import { entryOf, isString, type MapNode, type Node, pythonType } from '../node.ts';
import { readConfigFile } from '../read-file.ts';

/** One reason why a config cannot be used, with its place. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type ConfigResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** `file:line:col: message`, the form that editors and terminals make a link of. */
export function showProblem(problem: ConfigProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}

/**
 * Reads typed values out of one document and gathers what is wrong on the way. A view asks only for what its feature needs;
 * everything else about a config is the business of `validate`.
 */
export class View {
  readonly problems: ConfigProblem[] = [];
  readonly #document: ConfigDocument;

  constructor(document: ConfigDocument) {
    this.#document = document;
    for (const problem of document.problems) this.reject(problem.offset, problem.message);
  }

  root(): MapNode | undefined {
    const { root } = this.#document;
    if (root === undefined) return undefined;
    if (root.kind === 'map' && root.entries.size > 0) return root;
    this.reject(root.start, 'the file is empty or not a mapping');
    return undefined;
  }

  reject(at: number | Node, message: string): void {
    const { line, column } = this.#document.position(typeof at === 'number' ? at : at.start);
    this.problems.push({ file: this.#document.path, line, column, message });
  }

  text(map: MapNode, key: string): string | undefined {
    const value = entryOf(map, key)?.value;
    if (value === undefined) return undefined;
    if (isString(value)) return value.value;
    this.reject(value, `'${key}' must be a string, not ${pythonType(value)}`);
    return undefined;
  }

  requiredText(map: MapNode, key: string): string {
    if (!map.entries.has(key)) this.reject(map, `the key '${key}' is missing`);
    return this.text(map, key) ?? '';
  }

  /** A string out of a closed list; null counts as absent, as everywhere in Heddle. */
  choice<T extends string>(map: MapNode, key: string, choices: readonly T[]): T | undefined {
    const value = entryOf(map, key)?.value;
    if (value === undefined || (value.kind === 'scalar' && value.value === null)) return undefined;
    if (isString(value) && (choices as readonly string[]).includes(value.value)) return value.value as T;
    this.reject(value, `'${key}' must be one of ${choices.map((choice) => `'${choice}'`).join(', ')}`);
    return undefined;
  }

  positive(map: MapNode, key: string): number | undefined {
    const value = entryOf(map, key)?.value;
    if (value === undefined) return undefined;
    const number =
      value.kind === 'scalar' && (value.type === 'int' || value.type === 'float') ? Number(value.value) : Number.NaN;
    if (number > 0) return number;
    this.reject(value, `'${key}' must be a positive number`);
    return undefined;
  }

  /** A mapping; null counts as absent. */
  map(parent: MapNode, key: string): MapNode | undefined {
    const value = entryOf(parent, key)?.value;
    if (value === undefined || value.kind === 'map') return value;
    if (!(value.kind === 'scalar' && value.value === null)) this.reject(value, `'${key}' must be a mapping`);
    return undefined;
  }

  done<T>(value: T): ConfigResult<T> {
    return this.problems.length === 0 ? { ok: true, value } : { ok: false, problems: this.problems };
  }

  failed(): { readonly ok: false; readonly problems: readonly ConfigProblem[] } {
    return { ok: false, problems: this.problems };
  }
}

const MOST_SHOWN = 5;

/** For commands that cannot go on without this file: its typed view, or an error that names every place. */
export function requireConfig<T>(path: string, shown: string, view: (document: ConfigDocument) => ConfigResult<T>): T {
  const document = readConfigFile(path, shown);
  const [unreadable] = document.problems;
  if (unreadable !== undefined && ABSENT.has(unreadable.code)) {
    throw new HeddleError('input_unreadable', `${shown || '""'}: ${unreadable.message}`);
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
