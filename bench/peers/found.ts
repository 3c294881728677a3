import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inProject } from '../../test/helpers/root.ts';

// The programs that we are measured beside: those of the machine, else fetched once into .build/peers, each within a bound.

export type PeerName = 'nats' | 'heddle' | 'check-jsonschema' | 'ajv' | 'mosquitto';

export interface Peer {
  readonly name: PeerName;
  readonly version: string;
  /** Of one of its programs. */
  path(program: string): string;
}

export interface Absent {
  readonly name: PeerName;
  readonly why: string;
}

const CACHE = inProject('.build', 'peers');
const FETCH_MS = 240_000;

export function findPeers(): (Peer | Absent)[] {
  mkdirSync(CACHE, { recursive: true });
  return [natsCli(), heddle(), checkJsonschema(), ajv(), mosquitto()];
}

function natsCli(): Peer | Absent {
  const own = join(CACHE, 'bin');
  const folder = folderWith('nats', own) ?? fetchNats(own);
  if (typeof folder !== 'string') return { name: 'nats', why: folder.why };
  return { name: 'nats', version: said(join(folder, 'nats'), ['--version']), path: () => join(folder, 'nats') };
}

function fetchNats(folder: string): string | { why: string } {
  const go = folderWith('go', '/usr/local/go/bin');
  if (go === undefined) return { why: 'it is not on this machine, and there is no Go to build it with' };
  const why = failed(join(go, 'go'), ['install', 'github.com/nats-io/natscli/nats@latest'], { GOBIN: folder });
  return why === undefined ? folder : { why: `go install failed: ${why}` };
}

function heddle(): Peer | Absent {
  // `npm run bench -- --peers` makes the environment as `npm run interop` does, and names it.
  const folder = join(process.env.HEDDLE_VENV ?? '', 'bin');
  if (!existsSync(join(folder, 'heddle'))) return { name: 'heddle', why: 'no Python environment with heddle-ai' };
  const version = said(join(folder, 'python'), ['-c', 'import importlib.metadata as m; print(m.version("heddle-ai"))']);
  return { name: 'heddle', version, path: (program) => join(folder, program) };
}

function checkJsonschema(): Peer | Absent {
  const own = join(CACHE, 'python');
  const path = join(own, 'bin', 'check-jsonschema');
  const why = existsSync(path)
    ? undefined
    : (failed('python3', ['-m', 'venv', own]) ??
      failed(join(own, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--retries', '1', 'check-jsonschema']));
  if (why !== undefined) return { name: 'check-jsonschema', why: `pip could not install it: ${why}` };
  return { name: 'check-jsonschema', version: said(path, ['--version']), path: () => path };
}

function ajv(): Peer | Absent {
  const own = join(CACHE, 'npm');
  const path = join(own, 'node_modules', '.bin', 'ajv');
  const install = ['install', '--prefix', own, '--no-audit', '--no-fund', '--silent', 'ajv-cli@5'];
  const why = existsSync(path) ? undefined : failed('npm', install);
  if (why !== undefined) return { name: 'ajv', why: `npm could not install it: ${why}` };
  return { name: 'ajv', version: '5.0.0', path: () => path };
}

function mosquitto(): Peer | Absent {
  const folder = folderWith('mosquitto_pub');
  const server = folderWith('mosquitto');
  if (folder === undefined || server === undefined) return { name: 'mosquitto', why: 'it is not on this machine' };
  const version = said(join(server, 'mosquitto'), ['-h']);
  return {
    name: 'mosquitto',
    version,
    path: (program) => join(program === 'mosquitto' ? server : folder, program),
  };
}

function folderWith(program: string, ...more: readonly string[]): string | undefined {
  return [...more, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].find(
    (folder) => folder !== '' && existsSync(join(folder, program)),
  );
}

/** The first version in what it says. */
function said(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 });
  return /\d+\.\d+(\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? 'of unknown version';
}

/** undefined when it went well, else the last line of what it said. */
function failed(program: string, args: readonly string[], env: Record<string, string> = {}): string | undefined {
  console.log(`fetching: ${program} ${args.join(' ')}`);
  const { status, error, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: FETCH_MS,
    env: { ...process.env, ...env },
  });
  if (status === 0) return undefined;
  return error?.message ?? (stderr ?? '').trim().split('\n').at(-1) ?? `it ended with ${status}`;
}
