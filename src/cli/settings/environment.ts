import { posix, win32 } from 'node:path';
import { type HeddleError, isHeddleError, isOutOfFiles } from '../../errors.ts';
import { parseDotenv } from './dotenv-file.ts';
import { mayBeFile, nodeFiles, readSettingsText, type SettingsFiles, shownPath } from './files.ts';
import type { Source } from './source.ts';

export interface EnvironmentValue {
  readonly value: string;
  readonly source: Extract<Source, { kind: 'environment' | 'env_file' }>;
}

/** The environment with the .env file behind it. An empty value is unset, and still hides the .env file's value. */
export interface Environment {
  get(name: string): EnvironmentValue | undefined;
  /** Every place that gives it a value, most specific first; also those that `get` does not reach. */
  all(name: string): EnvironmentValue[];
  /** The .env file that was read. */
  readonly file: string | undefined;
  /** Why a .env file that is there was not read. */
  readonly warnings: readonly HeddleError[];
}

export interface EnvironmentInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: string;
  /** `--env-file`; false is `--no-env-file`; absent is `.env` in the working directory when there is one. */
  readonly envFile?: string | false | undefined;
  readonly files?: SettingsFiles | undefined;
}

export async function loadEnvironment(input: EnvironmentInput): Promise<Environment> {
  const { env, cwd, platform, envFile, files = nodeFiles } = input;
  if (envFile === false) return environmentOf(env);
  const { resolve } = platform === 'win32' ? win32 : posix;
  const path = resolve(cwd, envFile ?? '.env');
  // A directory named .env is a Python virtual environment more often than a mistake.
  if (envFile === undefined && !mayBeFile(files, path)) return environmentOf(env);
  const shown = envFile === undefined ? './.env' : shownPath(envFile);
  try {
    const text =
      envFile === undefined
        ? readSettingsText(files, path, 'the .env file', true)
        : readSettingsText(files, path, 'the file of flag --env-file');
    return environmentOf(env, { path: shown, values: await parseDotenv(text), named: envFile !== undefined });
  } catch (error) {
    // Whoever named the file wants it; one that merely lies there must not stop the work. Where none can be opened just now, it says
    // nothing about this one, and what it would have named is not replaced by a default.
    if (envFile !== undefined || !isHeddleError(error) || isOutOfFiles(error)) throw error;
    return environmentOf(env, undefined, [error]);
  }
}

export function environmentOf(
  env: Readonly<Record<string, string | undefined>>,
  file?: { readonly path: string; readonly values: ReadonlyMap<string, string>; readonly named?: boolean },
  warnings: readonly HeddleError[] = [],
): Environment {
  const own = (name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined);
  const all = (variable: string): EnvironmentValue[] => {
    const found: EnvironmentValue[] = [];
    const value = own(variable);
    if (value) found.push({ value, source: { kind: 'environment', variable } });
    const filed = file?.values.get(variable);
    if (file && filed)
      found.push({ value: filed, source: { kind: 'env_file', variable, path: file.path, named: file.named === true } });
    return found;
  };
  return {
    all,
    get: (name) => (own(name) === '' ? undefined : all(name)[0]),
    file: file?.path,
    warnings,
  };
}
