import { posix, win32 } from 'node:path';
import { HeddleError, isHeddleError } from '../../errors.ts';
import { closest } from '../../suggest.ts';
import { disarmLine, quoted } from '../screen/disarm.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import { SETTINGS, specOf } from './catalog.ts';
import { isAbsent, isWithin, mayBeFile, readSettingsText, type SettingsFiles, shownPath } from './files.ts';
import { expandPath, type Place } from './reference.ts';
import { type Source, sourceText } from './source.ts';

/** A context file of the `nats` CLI, read and never written. */
export interface NatsContext {
  readonly name: string;
  readonly path: string;
  /** What chose it. */
  readonly source: Source;
  /** The text fields that are not empty; numbers, lists and unknown keys are left out. */
  readonly fields: ReadonlyMap<string, string>;
  readonly tlsFirst: boolean;
  /** Its file lies in the working directory, outside the user's own folder of contexts. */
  readonly local: boolean;
  /** What the `nats` CLI can do with it and heddle-ts cannot. */
  readonly problems: readonly HeddleError[];
}

export interface ContextChoice {
  readonly context?: NatsContext | undefined;
  /** Which one was asked for, and by what, even when it could not be read. */
  readonly wanted?: { readonly name: string; readonly source: Source } | undefined;
  readonly problems: readonly HeddleError[];
}

const TEXT_FIELDS = SETTINGS.flatMap(({ field, kind }) => (field === undefined || kind === 'switch' ? [] : [field]));

/**
 * The context that `--nats-context` names, else NATS_CONTEXT, else the one that `nats context select` chose.
 * Problems are returned, not thrown: what they mean depends on whether the context is needed.
 */
export function chooseContext(flag: string | false | undefined, place: Place, files: SettingsFiles): ContextChoice {
  if (flag === false) return { problems: [] };
  const named = namedContext(flag, place) ?? selectedContext(place, files);
  if (named === undefined) return { problems: [] };
  if (named instanceof HeddleError) return { problems: [named] };
  try {
    const context = readContext(named.name, named.source, place, files);
    return { context, wanted: { name: context.name, source: named.source }, problems: context.problems };
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    return { wanted: { name: named.name, source: named.source }, problems: [error] };
  }
}

interface Named {
  readonly name: string;
  readonly source: Source;
}

function namedContext(flag: string | undefined, place: Place): Named | undefined {
  if (flag !== undefined) return { name: flag, source: { kind: 'flag', flag: '--nats-context' } };
  const variable = place.environment.get('NATS_CONTEXT');
  return variable && { name: variable.value, source: variable.source };
}

function selectedContext(place: Place, files: SettingsFiles): Named | HeddleError | undefined {
  const directory = natsDirectory(place);
  if (directory === undefined) return undefined;
  const path = pathOf(place).join(directory, 'context.txt');
  try {
    const name = readSettingsText(files, path, 'which NATS context is selected', true).trim();
    return name === '' ? undefined : { name, source: { kind: 'selection', path } };
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    return isAbsent(error.cause) ? undefined : error;
  }
}

function readContext(name: string, source: Source, place: Place, files: SettingsFiles): NatsContext {
  const path = locate(name, source, place, files);
  const shown = name.endsWith('.json') ? pathOf(place).basename(path, '.json') : name;
  const text = readSettingsText(files, path, `NATS context ${quoted(shown)}`, true);
  const value = parseJson(text, `NATS context ${quoted(shown)} (${shownPath(path)})`);
  return {
    name: disarmLine(shown),
    path: shownPath(path),
    source,
    local: isWithin(place.cwd, path, files) && !isWithin(contextFolder(place), path, files),
    ...readFields(value, `NATS context ${quoted(shown)} (${shownPath(path)})`),
  };
}

/** A name that ends in `.json` and is there is a file; everything else is a name in the context directory. */
function locate(name: string, source: Source, place: Place, files: SettingsFiles): string {
  const { join } = pathOf(place);
  const fromEnvFile = source.kind === 'env_file' && !source.named;
  if (name.endsWith('.json') && !fromEnvFile) {
    const path = expandPath(name, specOf('context'), source, place);
    if (mayBeFile(files, path)) return path;
    if (/[/\\]/.test(name)) throw notThere(`NATS context file ${shownPath(path)} does not exist`, 'Check the path.');
  }
  if (name === '' || name.includes('..') || /[/\\\x00-\x1f\x7f]/.test(name)) {
    const problem = `${quotedValue(name)} is not a name of a NATS context`;
    if (fromEnvFile) {
      throw notThere(
        `${sourceText(source)}: ${problem}; a .env file chooses among your own contexts only, by name`,
        'Name the file with --nats-context or NATS_CONTEXT of the environment, when you trust it.',
      );
    }
    throw notThere(problem, 'Give a name from "nats context ls", or a path that ends in .json.');
  }
  const directory = natsDirectory(place);
  if (directory === undefined) {
    throw notThere(
      `NATS context ${quotedValue(name)} was not found: there is no home directory to look in`,
      'Set XDG_CONFIG_HOME, or give the path of the context file.',
    );
  }
  const path = join(directory, 'context', `${name}.json`);
  if (mayBeFile(files, path)) return path;
  throw notThere(missingText(name, source, path), missingHint(name, source, listContexts(place, files)));
}

function missingText(name: string, source: Source, path: string): string {
  const by = source.kind === 'selection' ? ', which is the selected one,' : '';
  return `NATS context ${quotedValue(name)}${by} does not exist (${shownPath(path)})`;
}

function missingHint(name: string, source: Source, known: readonly string[]): string {
  const [near] = closest(name, known);
  const suggestion = near === undefined ? '' : `Did you mean ${quoted(near)}? `;
  const list =
    known.length === 0 ? 'There are no contexts.' : `Contexts: ${known.map((known) => quoted(known)).join(', ')}.`;
  const way =
    source.kind === 'selection' ? ' Select another with "nats context select", or use --no-nats-context.' : '';
  return suggestion + list + way;
}

/** Names of the contexts there are, sorted. */
export function listContexts(place: Place, files: SettingsFiles): string[] {
  const directory = natsDirectory(place);
  if (directory === undefined) return [];
  try {
    const names = files.list(pathOf(place).join(directory, 'context'));
    return names
      .filter((name) => name.endsWith('.json') && name !== '.json')
      .map((name) => name.slice(0, -'.json'.length))
      .sort();
  } catch {
    return [];
  }
}

/** `$XDG_CONFIG_HOME/nats`, else `~/.config/nats`; on Windows and macOS too. A .env file does not move it. */
function natsDirectory(place: Place): string | undefined {
  const { join, resolve } = pathOf(place);
  const moved = place.environment.get('XDG_CONFIG_HOME');
  if (moved?.source.kind === 'environment') return resolve(place.cwd, moved.value, 'nats');
  return place.home === '' ? undefined : join(place.home, '.config', 'nats');
}

/** The user's own folder of contexts; undefined when there is no home directory. */
function contextFolder(place: Place): string | undefined {
  const directory = natsDirectory(place);
  return directory === undefined ? undefined : pathOf(place).join(directory, 'context');
}

/** The parser's own message quotes the text around the mistake, which may be a password: only the place is kept. */
function parseJson(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const at = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const before = at === undefined ? undefined : text.slice(0, Number(at)).split('\n');
    const where = before === undefined ? '' : ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
    throw notThere(
      `${what} is not valid JSON${where}`,
      text.trim() === '' ? 'The file is empty.' : 'Repair it with "nats context edit".',
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw notThere(`${what} must hold a JSON object`, 'Repair it with "nats context edit".');
}

function readFields(
  value: Record<string, unknown>,
  what: string,
): Pick<NatsContext, 'fields' | 'tlsFirst' | 'problems'> {
  const problems: HeddleError[] = [];
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const fields = new Map<string, string>();
  for (const name of TEXT_FIELDS) {
    const field = own(name);
    if (typeof field === 'string') {
      if (field !== '') fields.set(name, field);
    } else if (field !== undefined && field !== null) {
      problems.push(new HeddleError('settings_invalid', `${what}: field ${name} must be text`));
    }
  }
  const tlsFirst = own('tls_first');
  if (!['boolean', 'undefined'].includes(typeof tlsFirst) && tlsFirst !== null) {
    problems.push(new HeddleError('settings_invalid', `${what}: field tls_first must be true or false`));
  }
  for (const { field, meaning, instead } of UNSUPPORTED) {
    const found = own(field);
    if (found === undefined || found === null || found === '' || (Array.isArray(found) && found.length === 0)) continue;
    problems.push(
      new HeddleError('settings_invalid', `${what}: field ${field} (${meaning}) is not supported`, { hint: instead }),
    );
  }
  return { fields, tlsFirst: tlsFirst === true, problems };
}

const UNSUPPORTED = [
  {
    field: 'socks_proxy',
    meaning: 'a SOCKS proxy',
    instead: 'Forward a port instead (for example with "ssh -L"), and name it with --nats-url.',
  },
  {
    field: 'nsc',
    meaning: 'credentials from nsc',
    instead: 'Write them to a file with "nsc generate creds", and name it with --creds.',
  },
  {
    field: 'windows_cert_store',
    meaning: 'the Windows certificate store',
    instead: 'Export the certificate and key as PEM files: --tls-cert, --tls-key.',
  },
];

function notThere(message: string, hint: string): HeddleError {
  return new HeddleError('settings_invalid', message, { hint });
}

function pathOf(place: Place): typeof posix {
  return place.platform === 'win32' ? win32 : posix;
}
