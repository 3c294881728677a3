import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findNatsServer, startNatsServer } from '../../test/helpers/nats-server.ts';
import { freePort } from '../../test/helpers/ports.ts';
import { inProject } from '../../test/helpers/root.ts';
import { hasBudget, judge } from '../budget.ts';
import { actors } from './actors.ts';
import { findPeers, type Peer, type PeerName } from './found.ts';
import { pageOf } from './page.ts';
import { type Figure, type Row, ratioOf } from './row.ts';
import { starts } from './starts.ts';
import { stream } from './stream.ts';
import { validation } from './validation.ts';

// `npm run bench -- --peers`: us beside the programs of others, and docs/benchmarks.md from what was seen.

const program = findNatsServer();
if (program === undefined) {
  console.log('no nats-server on this machine: nothing can be compared');
  process.exit(0);
}
const began = performance.now();
const [, load = 0] = loadavg();
const peers = findPeers();
for (const peer of peers)
  console.log('why' in peer ? `${peer.name}: absent (${peer.why})` : `${peer.name} ${peer.version}`);
const peer = (name: PeerName): Peer | undefined =>
  peers.find((each): each is Peer => each.name === name && !('why' in each));

const folder = mkdtempSync(join(tmpdir(), 'heddle-peers-'));
const server = await startNatsServer();
const broker = await startMosquitto(peer('mosquitto'));
const rows: Row[] = [];
try {
  const place = { url: server.url, folder, mqttPort: broker?.port };
  for (const measured of [
    () => starts(peer, server.url, broker?.port),
    () => validation(peer, folder),
    () => actors(peer, place),
    () => stream(peer, place),
  ]) {
    const found = await measured();
    rows.push(...found);
    for (const row of found) console.log(lineOf(row));
  }
} finally {
  broker?.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

const verdicts = new Map<Figure, string>();
const unjudged: string[] = [];
for (const row of rows) {
  for (const theirs of row.theirs) {
    // Of nothing there is no ratio.
    if (theirs.value === 0) continue;
    const what = `${row.what}, ${row.unit}: ${theirs.who}`;
    const ratio = ratioOf(row, theirs);
    if (!hasBudget('peers', what)) unjudged.push(`${what} (${ratio.toFixed(2)})`);
    else verdicts.set(theirs, judge('peers', what, ratio).replaceAll(/^\(budget: |\)$/g, ''));
  }
}
if (unjudged.length > 0) {
  console.log(`bench/budgets.json has no budget of:\n  ${unjudged.join('\n  ')}`);
  process.exitCode = 1;
}
const { version } = JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as { version: string };
const page = pageOf({
  date: new Date().toISOString().slice(0, 10),
  node: process.versions.node,
  own: version,
  server:
    /\d+\.\d+\.\d+/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout)?.[0] ?? 'of unknown version',
  minutes: Math.ceil((performance.now() - began) / 60_000),
  load,
  peers,
  rows,
  verdicts,
});
writeFileSync(inProject('docs', 'benchmarks.md'), page);
console.log(`docs/benchmarks.md is written, after ${((performance.now() - began) / 60_000).toFixed(1)} minutes`);

function lineOf({ what, unit, ours, theirs }: Row): string {
  const others = theirs.map(({ who, value }) => `${who} ${value.toFixed(1)}`).join(', ');
  return `${what}, ${unit}: ${ours.value.toFixed(1)}; ${others}`;
}

async function startMosquitto(found: Peer | undefined): Promise<{ port: number; stop(): void } | undefined> {
  if (found === undefined) return undefined;
  const port = await freePort();
  const config = join(folder, 'mosquitto.conf');
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n`);
  const child = spawn(found.path('mosquitto'), ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  await Promise.race([once(child.stderr, 'data'), pause(5_000)]);
  return { port, stop: () => void child.kill('SIGKILL') };
}
