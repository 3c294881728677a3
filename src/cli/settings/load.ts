import type { Io } from '../io.ts';
import { loadEnvironment } from './environment.ts';
import type { ConnectionFlags } from './flags.ts';
import { type ResolvedSettings, resolveSettings } from './resolve.ts';

/** Every setting as it stands now in flags, environment, .env and NATS context; what is wrong with them is in the answer. */
export async function loadSettings(flags: ConnectionFlags, io: Io): Promise<ResolvedSettings> {
  const { env, cwd, home, platform } = io;
  const environment = await loadEnvironment({ env, cwd, platform, envFile: flags.envFile });
  return resolveSettings({ flags, environment, cwd, home, platform });
}
