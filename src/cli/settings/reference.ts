import { posix, win32 } from 'node:path';
import { HeddleError } from '../../errors.ts';
import { HIDDEN } from '../screen/looks-secret.ts';
import type { SettingSpec } from './catalog.ts';
import type { Environment } from './environment.ts';
import { shownPath } from './files.ts';
import { Secret } from './secret.ts';
import { isLocal, type Source, sourceText } from './source.ts';

/** What a setting's text stands for: a file yet to be read, or the material itself. */
export type Material =
  /** `within`: the file must lie there, also when links are followed. */
  | { readonly kind: 'file'; readonly path: string; readonly within?: string | undefined }
  | { readonly kind: 'inline'; readonly secret: Secret; readonly shown: string };

/** Where paths are seen from. */
export interface Place {
  readonly cwd: string;
  readonly home: string;
  readonly platform: string;
  readonly environment: Environment;
}

const DATA_URL = /^data:[^,]*;base64,(.*)$/s;
/** PEM and .creds text, or a bare seed, one that lost a letter too: the material itself where a path was expected. */
const MATERIAL = /-----BEGIN |^S[AUONCX][A-Z0-9]{40,}$/i;

/**
 * Follows `file://`, `env://` and `data:;base64,`, refuses what needs a foreign tool, and expands paths.
 * Never puts the text itself into an error: it may be the secret.
 */
export function resolveMaterial(text: string, spec: SettingSpec, source: Source, place: Place): Material {
  const flag = source.kind === 'flag';
  const path = flag || spec.kind === 'file' || spec.kind === 'private_file';
  // Passwords and tokens in the environment are literal; only contexts write references there.
  if (!path && source.kind !== 'context') return inline(text);

  const scheme = /^(file|env|op|nsc):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'op' || scheme === 'nsc') {
    throw invalid(
      spec,
      source,
      `${scheme}:// is not supported`,
      `Put the secret in a file or an environment variable instead (file://, env://).`,
    );
  }
  if (scheme !== undefined && isLocal(source)) throw outside(spec, source, `${scheme}:// reaches outside it`);
  if (scheme === 'file') return file(text.slice('file://'.length), spec, source, place);
  if (scheme === 'env') return fromEnvironment(text.slice('env://'.length), spec, source, place);

  const given = DATA_URL.exec(text)?.[1];
  if (given !== undefined || (path && MATERIAL.test(text.trim()))) {
    if (flag) {
      throw invalid(
        spec,
        source,
        'it was given the secret itself, which every process list and shell history shows',
        'Put it in a file and name the file.',
      );
    }
    return given === undefined ? inline(text) : inline(decoded(given, spec, source), `${HIDDEN} (data:)`);
  }
  if (path && /^data:/i.test(text)) throw invalid(spec, source, 'a data: value must be base64 (data:;base64,…)');
  return path ? file(text, spec, source, place) : inline(text);
}

function inline(text: string, shown: string = HIDDEN): Material {
  return { kind: 'inline', secret: new Secret(text), shown };
}

function file(written: string, spec: SettingSpec, source: Source, place: Place): Material {
  if (source.kind === 'flag' && written === '-') {
    throw new HeddleError('usage', `${source.flag}: secrets are not read from stdin`, {
      hint: `Name a file, or a pipe as in ${source.flag} <(command).`,
    });
  }
  // file:///C:/x leaves /C:/x behind.
  const path = place.platform === 'win32' ? written.replace(/^\/(?=[A-Za-z]:)/, '') : written;
  if (!isLocal(source)) return { kind: 'file', path: expandPath(path, spec, source, place) };
  return { kind: 'file', path: pathWithin(path, spec, source, place), within: place.cwd };
}

function fromEnvironment(name: string, spec: SettingSpec, source: Source, place: Place): Material {
  const value = place.environment.get(name)?.value;
  if (value === undefined)
    throw invalid(spec, source, `env://${shownPath(name)} names a variable that is not set`, `Set ${shownPath(name)}.`);
  return inline(value, `${HIDDEN} (env://${shownPath(name)})`);
}

function decoded(base64: string, spec: SettingSpec, source: Source): string {
  const text = base64.trim();
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw invalid(spec, source, 'its data: value is not valid base64');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64'));
  } catch {
    throw invalid(spec, source, 'its data: value is not UTF-8 text');
  }
}

/**
 * `~` and `$VAR` in paths, then made absolute. In flags only `~`: the shell has expanded what was meant, and leaves
 * the `~` of `--creds=~/x` alone. A variable that is not set is an error, because what is left is a different path.
 */
export function expandPath(written: string, spec: SettingSpec, source: Source, place: Place): string {
  const { join, resolve } = place.platform === 'win32' ? win32 : posix;
  let path = written;
  if (source.kind !== 'flag') {
    path = path.replace(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (_, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? '';
      const value = place.environment.get(name)?.value;
      if (value === undefined)
        throw invalid(
          spec,
          source,
          `its path uses $${name}, which is not set`,
          `Set ${name}, or write the whole path.`,
        );
      return value;
    });
  }
  if (/^~(?:[/\\]|$)/.test(path)) {
    if (place.home === '')
      throw invalid(spec, source, 'its path starts with ~, but there is no home directory', 'Write the whole path.');
    path = join(place.home, path.slice(1));
  }
  return resolve(place.cwd, path);
}

/** Of a file that came with the working directory: a path that stays in it. */
function pathWithin(written: string, spec: SettingSpec, source: Source, place: Place): string {
  const { isAbsolute, resolve } = place.platform === 'win32' ? win32 : posix;
  const reaches = /^~(?:[/\\]|$)/.test(written)
    ? 'a path that begins with ~ lies outside it'
    : isAbsolute(written)
      ? 'an absolute path may lie outside it'
      : written.split(/[/\\]/).includes('..')
        ? '.. leads outside it'
        : /\$[A-Za-z_{]/.test(written)
          ? 'its path uses a variable of the environment'
          : undefined;
  if (reaches !== undefined) throw outside(spec, source, reaches);
  return resolve(place.cwd, written);
}

function outside(spec: SettingSpec, source: Source, why: string): HeddleError {
  const ways =
    source.kind === 'env_file'
      ? `Trust the file with --env-file ${source.path}, or give the value with a flag or in the environment.`
      : 'Move the context to your own folder of contexts (nats context), or give the value with a flag or in the environment.';
  return invalid(spec, source, `a file of the working directory gets nothing from outside it, and ${why}`, ways);
}

/** The one wording of "this setting from there cannot be used". */
export function invalid(spec: SettingSpec, source: Source, problem: string, hint?: string): HeddleError {
  return new HeddleError(
    source.kind === 'flag' ? 'usage' : 'settings_invalid',
    `${settingText(spec, source)}: ${problem}`,
    { hint },
  );
}

/** `flag --creds`, or with the field's name when it stands in a context. */
export function settingText(spec: SettingSpec, source: Source): string {
  return source.kind === 'context'
    ? `${sourceText(source)}, field ${source.field}`
    : sourceText(source) + (source.kind === 'default' ? ` ${spec.name}` : '');
}
