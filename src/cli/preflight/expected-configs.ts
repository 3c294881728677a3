import { isAbsolute, relative, resolve } from 'node:path';
import { HeddleError } from '../../errors.ts';
import type { Expected } from '../../preflight/expected.ts';
import { refuseMisplaced } from '../misplaced.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Session } from '../session.ts';

/** Where configs are named. */
export interface NamedConfigs {
  readonly config: readonly string[];
  readonly configsDir: string | undefined;
  /** The rules of the running routers. */
  readonly routerConfig: readonly string[];
}

/** What the named configs say should be on the bus; undefined when none are named. What cannot be read stops the command. */
export async function expectedFrom(session: Session, named: NamedConfigs): Promise<Expected | undefined> {
  const { cwd } = session.io;
  const paths = await configPaths(named, cwd);
  if (paths.length === 0) return undefined;
  const [{ tryConfig }, { expectedOf }] = await Promise.all([
    import('../../preflight/config-trials.ts'),
    import('../../preflight/expected.ts'),
  ]);
  const trials = paths.map((path) => tryConfig(path, (each) => resolve(cwd, each)));
  const wrong = trials.find(({ fault }) => fault !== undefined);
  if (wrong?.fault !== undefined) {
    throw new HeddleError('input_unreadable', `${wrong.fault.place}: ${wrong.fault.reason}`, {
      hint: `See: heddle-ts validate ${wrong.path}`,
    });
  }
  return expectedOf(trials, named.routerConfig);
}

/** The files of --config and --router-config, and those under --configs-dir; each once. */
export async function configPaths(named: NamedConfigs, cwd: string): Promise<readonly string[]> {
  refuseMisplaced([...named.config, ...named.routerConfig], cwd);
  return [...new Set([...named.config, ...named.routerConfig, ...(await filesUnder(named.configsDir, cwd))])];
}

async function filesUnder(directory: string | undefined, cwd: string): Promise<readonly string[]> {
  if (directory === undefined) return [];
  const { configsUnder, isDirectory } = await import('../../config/find-files.ts');
  const whole = resolve(cwd, directory);
  if (directory === '' || !isDirectory(whole)) {
    throw new HeddleError('input_unreadable', `--configs-dir: ${quotedValue(directory)} is no directory`, {
      hint: 'Name single files with --config.',
    });
  }
  const found = configsUnder(whole);
  if (found.length === 0) {
    throw new HeddleError('no_match', `--configs-dir: there is no *.yaml under ${quotedValue(directory)}`);
  }
  return found.map((path) => (isAbsolute(directory) ? path : relative(cwd, path)));
}
