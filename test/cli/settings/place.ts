import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadEnvironment } from '../../../src/cli/settings/environment.ts';
import type { ConnectionFlags } from '../../../src/cli/settings/flags.ts';
import { type ResolvedSettings, resolveSettings } from '../../../src/cli/settings/resolve.ts';

/** A home and a working directory of a test's own, on the real file system. */
export interface TestPlace {
  readonly home: string;
  readonly cwd: string;
  /** Writes a file below the working directory; returns its path. */
  write(name: string, text: string | Uint8Array): string;
  /** Writes a context file below the home directory; returns its path. */
  context(name: string, value: unknown): string;
  select(name: string): string;
  resolve(flags?: ConnectionFlags, env?: Record<string, string>): Promise<ResolvedSettings>;
}

export function testPlace(t: TestContext): TestPlace {
  const root = mkdtempSync(join(tmpdir(), 'heddle-settings-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, 'home');
  const cwd = join(root, 'work');
  mkdirSync(home);
  mkdirSync(cwd);
  const put = (path: string, text: string | Uint8Array): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const nats = join(home, '.config', 'nats');
  return {
    home,
    cwd,
    write: (name, text) => put(join(cwd, name), text),
    context: (name, value) =>
      put(join(nats, 'context', `${name}.json`), typeof value === 'string' ? value : JSON.stringify(value)),
    select: (name) => put(join(nats, 'context.txt'), `${name}\n`),
    resolve: async (flags = {}, env = {}) => {
      const { platform } = process;
      const environment = await loadEnvironment({ env, cwd, platform, envFile: flags.envFile });
      return resolveSettings({ flags, environment, cwd, home, platform });
    },
  };
}

/** Made up, in the shape of the real ones. */
export const SEED = `SU${'A'.repeat(54)}YZ`;
export const CREDS = `-----BEGIN NATS USER JWT-----
eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl
------END NATS USER JWT------

************************* IMPORTANT *************************
-----BEGIN USER NKEY SEED-----
${SEED}
------END USER NKEY SEED------
`;
export const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
export const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n';
