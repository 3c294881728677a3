// The newest nats-server, built once with Go into .build: tests hold us to it beside the one of the machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const BUILD_MS = 240_000;
const MODULE = 'github.com/nats-io/nats-server/v2@latest';

/** `{ path }` of the one that HEDDLE_NATS_SERVER_NEWEST names, else of one that is built; or `{ why }` none can be had. */
export function newestNatsServer() {
  if (process.env.HEDDLE_NATS_SERVER_NEWEST) return { path: process.env.HEDDLE_NATS_SERVER_NEWEST };
  const folder = resolve('.build', 'newest');
  const path = join(folder, process.platform === 'win32' ? 'nats-server.exe' : 'nats-server');
  if (existsSync(path)) return { path };
  const go = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin']
    .map((each) => join(each, process.platform === 'win32' ? 'go.exe' : 'go'))
    .find(existsSync);
  if (go === undefined) return { why: 'there is no Go to build it with' };
  console.log(`building ${MODULE} into ${folder}`);
  const { status, error, stderr } = spawnSync(go, ['install', MODULE], {
    encoding: 'utf8',
    timeout: BUILD_MS,
    env: { ...process.env, GOBIN: folder },
  });
  if (status === 0) return { path };
  return { why: `go install failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}` };
}
