// What the Dockerfile does, without an engine of containers: its file system in an empty folder, mounted read-only and with /proc, as
// engines do, entered by chroot as the user of the image, and the program in it at work: `--version`, `validate`, `preflight` against a
// bus outside. Needs root, on Linux.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fileOf, ofThisMachine } from './binary/targets.mjs';

const USER = '65532';
const READY_MS = 20_000;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const binary = join('dist', 'bin', fileOf(ofThisMachine() ?? 'linux-x64'));
const obstacle = whatHinders();
if (obstacle !== undefined) console.log(`the image is not tried: ${obstacle}`);
else await tryImage();

function whatHinders() {
  if (process.platform !== 'linux') return 'there is a chroot on Linux alone';
  if (process.getuid() !== 0) return 'chroot and mount need root';
  if (!existsSync(binary)) return `${binary} is not there: npm run build:binary`;
  return undefined;
}

async function tryImage() {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-image-'));
  const image = join(folder, 'image');
  const root = join(folder, 'root');
  const ready = join(folder, 'ready.json');
  let bus;
  try {
    const laid = spawnSync('sh', ['tools/image-root.sh', binary, image], { encoding: 'utf8' });
    if (laid.status !== 0) throw new Error(`tools/image-root.sh: ${laid.stderr}`);
    cpSync('configs', join(image, 'work', 'configs'), { recursive: true });
    mkdirSync(join(image, 'proc'));
    mkdirSync(root);
    if (!mounted(image, root)) return console.log('the image is not tried: mounting is not allowed here');
    bus = spawn(binary, ['dev', '--bus', 'builtin', '--ready-file', ready], { stdio: 'ignore' });
    const { url } = await appears(ready, bus);
    for (const argv of [['--version'], ['validate', '/work/configs/'], ['preflight', '--nats-url', url]]) {
      console.log(`$ heddle-ts ${argv.join(' ')}`);
      const run = inImage(root, argv);
      console.log(`${run.stdout}${run.stderr}`.trimEnd());
      if (run.status !== 0) throw new Error(`it ended with ${run.status ?? run.signal ?? run.error}`);
    }
    const kept = inImage(root, ['tail', '--nats-url', url, '--for', '10ms', '--record', '/work/kept.ndjson']);
    if (kept.status === 0) throw new Error('a file was written below a read-only root');
    console.log(`read-only: ${kept.stderr.trim().split('\n')[0]}`);
  } finally {
    bus?.kill('SIGTERM');
    for (const mount of [join(root, 'proc'), root]) spawnSync('umount', [mount]);
    // Fails rather than removing what is mounted still.
    if (existsSync(root)) rmdirSync(root);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The environment of the image, and nothing of ours. */
function alone() {
  return { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: '/work' }, timeout: READY_MS };
}

function inImage(root, argv) {
  // chroot begins at the root of what it enters: the folder of the image's user is named in the paths.
  return spawnSync('chroot', [`--userspec=${USER}:${USER}`, root, '/usr/bin/heddle-ts', ...argv], alone());
}

/** False where it is not allowed, as in most containers. */
function mounted(from, to) {
  return [
    ['--bind', from, to],
    ['-o', 'remount,bind,ro', to],
    ['--bind', '/proc', join(to, 'proc')],
  ].every((args) => spawnSync('mount', args).status === 0);
}

async function appears(file, child) {
  for (const until = performance.now() + READY_MS; performance.now() < until; await pause(20)) {
    if (child.exitCode !== null) break;
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  }
  throw new Error('the bus outside did not start');
}
