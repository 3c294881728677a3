import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { HeddleError } from '../errors.ts';
import { expandBraces, hasGlob, segmentMatcher } from './glob.ts';

export interface FindOptions {
  /** What relative paths start from; they are shown as they were given. */
  readonly cwd?: string;
  /** Heddle itself takes `.yaml` alone and keeps files named twice. */
  readonly heddle?: boolean;
}

export interface Found {
  /** In the order given, each directory and glob sorted in itself; a name that leads nowhere is kept, reading it says so. */
  readonly files: readonly string[];
  /** Globs and directories in which nothing was found. */
  readonly unmatched: readonly string[];
}

/** The files that the arguments of a command line mean: files as they are, directories searched, globs expanded. */
export function findFiles(paths: readonly string[], options: FindOptions = {}): Found {
  const files: string[] = [];
  const unmatched: string[] = [];
  const at = from(options);
  for (const path of paths) {
    const shown = tidy(path);
    if (options.heddle === true) files.push(shown);
    // A variable of a script that is not set, perhaps; it would lead to the directory where we are.
    else if (path === '') files.push(path);
    else if (isDirectory(at(shown))) addDirectory(shown, path);
    else if (hasGlob(path) && !exists(at(shown))) add(glob(shown, at), path);
    else files.push(shown);
  }
  function addDirectory(shown: string, asked: string): void {
    const found = configsUnder(shown, options);
    // `*.yaml`, expanded by the shell, finds it too; that must not keep the files beside it from being looked at.
    if (found.length === 0 && /\.ya?ml$/.test(shown)) files.push(shown);
    else add(found, asked);
  }
  function add(found: string[], asked: string): void {
    if (found.length === 0) unmatched.push(asked);
    for (const file of found) files.push(file);
  }
  return { files: options.heddle === true ? files : [...new Set(files)], unmatched };
}

/**
 * Every config under a directory: `*.yaml` (and `*.yml`, unless as Heddle does it), without `_template.yaml` and names that
 * start with a dot. Links to directories are not followed. Sorted part by part, so `a/b.yaml` comes before `a.yaml`.
 */
export function configsUnder(directory: string, options: FindOptions = {}): string[] {
  const wanted = options.heddle === true ? /\.yaml$/ : /\.ya?ml$/;
  const found: string[] = [];
  walk(directory, from(options), options.heddle === true, (path, entry) => {
    const name = entry.name;
    if (wanted.test(name) && !name.startsWith('.') && !/^_template\.ya?ml$/.test(name)) found.push(path);
  });
  return found.sort(byParts);
}

/** `./a//b` becomes `a/b`; `..` stays, it may pass a link. */
export function tidy(path: string): string {
  const parts = path.split(sep === '/' ? '/' : /[\\/]/);
  const kept = parts.filter((part, index) => part !== '.' && (part !== '' || index === 0));
  return kept.join('/') || (path.startsWith('/') ? '/' : '.');
}

export function byParts(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] !== right[at]) return left[at]! < right[at]! ? -1 : 1;
  }
  return left.length - right.length;
}

/**
 * Reads each directory once, without recursion and without following links, so depth and loops are harmless. `lenient`: passes
 * over what may not be looked at, as Python's own search does.
 */
function walk(root: string, at: At, lenient: boolean, visit: (path: string, entry: Dirent) => void): void {
  const waiting = [root];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for (const entry of entriesOf(at(directory), lenient)) {
      const path = directory === '.' ? entry.name : `${directory === '/' ? '' : directory}/${entry.name}`;
      visit(path, entry);
      if (entry.isDirectory()) waiting.push(path);
    }
  }
}

function glob(pattern: string, at: At): string[] {
  const found = new Set<string>();
  for (const plain of expandBraces(pattern)) {
    for (const path of globOne(plain, at)) found.add(path);
  }
  return [...found].sort(byParts);
}

function globOne(pattern: string, at: At): string[] {
  const segments = pattern.split('/');
  let fixed = 0;
  while (fixed < segments.length - 1 && !hasGlob(segments[fixed]!)) fixed += 1;
  const base = segments.slice(0, fixed).join('/') || (fixed > 0 ? '/' : '.');
  const rest = segments.slice(fixed);
  let level: string[] = [base];
  rest.forEach((segment, index) => {
    const last = index === rest.length - 1;
    const next = new Set<string>();
    for (const directory of level) {
      if (segment === '**') {
        if (!last) next.add(directory);
        walk(directory, at, false, (path, entry) => {
          const hidden = path
            .slice(directory.length)
            .split('/')
            .some((part) => part.startsWith('.'));
          if (!hidden && (last ? !entry.isDirectory() : entry.isDirectory())) next.add(path);
        });
        continue;
      }
      const fits = segmentMatcher(segment);
      for (const entry of entriesOf(at(directory))) {
        const path = directory === '.' ? entry.name : `${directory === '/' ? '' : directory}/${entry.name}`;
        if (fits(entry.name) && (last ? !entry.isDirectory() : isDirectory(at(path)))) next.add(path);
      }
    }
    level = [...next];
  });
  return level;
}

type At = (path: string) => string;

function from({ cwd }: FindOptions): At {
  return cwd === undefined ? (path) => path : (path) => resolve(cwd, path);
}

/** What is not there holds nothing; what may not be looked at could hold anything. */
function entriesOf(directory: string, lenient = false): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (lenient || isGone(error)) return [];
    throw unreadable(directory, error);
  }
}

export function isDirectory(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}

function exists(path: string): boolean {
  return statOf(path) !== undefined;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function unreadable(path: string, cause: unknown): HeddleError {
  const { code = 'unknown reason', message } = cause as NodeJS.ErrnoException;
  const why = ['EACCES', 'EPERM'].includes(code) ? 'permission denied' : message;
  return new HeddleError('input_unreadable', `cannot look at ${JSON.stringify(path)}: ${why}`, {
    hint: 'Check the path and its permissions.',
    cause,
  });
}
