import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import { failedResult, refusal, task } from '../deadletter/bus.ts';
import { startCli } from '../helpers/fake-io.ts';
import { natsServerFor } from '../helpers/nats-server.ts';
import { blocksOf } from '../helpers/page.ts';
import { ROOT } from '../helpers/root.ts';
import { busFor, echo, startEchoBus, startRouter, startWorker } from '../submit/actors.ts';

/** Where the commands of a page run: a bus, and a folder with the files that the page names. */
export interface World {
  readonly url: string;
  readonly folder: string;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** What happens on the bus after the first command of the page. */
  readonly afterFirst?: () => Promise<void>;
}

export const WORLDS = { dev, echoing, empty, overridden, keeping, recorded, configs } as const;
export type WorldName = keyof typeof WORLDS;

/** Goes slowly, so that on a busy machine no round trip is told as slow and no short deadline passes. */
const SLOWER = 5;
const PATIENT: Clock = {
  ...systemClock,
  elapsed: () => systemClock.elapsed() / SLOWER,
  after: (ms, run) => systemClock.after(SLOWER * ms, run),
  every: (ms, run) => systemClock.every(SLOWER * ms, run),
};

/** What `heddle-ts dev` starts in this folder, with the gateway of its configs on a port that is free. */
async function dev(t: TestContext): Promise<World> {
  const folder = folderFor(t);
  const gateway = join(folder, 'gateway.yaml');
  writeFileSync(gateway, 'kind: gateway\nname: gateway\nlisten: 127.0.0.1:0\n');
  const { io, exit } = startCli(['dev', '--bus', 'builtin', '--gateway', gateway], { cwd: ROOT });
  t.after(async () => {
    io.signal('SIGTERM');
    assert.equal(await exit, 0, io.err());
  });
  await io.seen(/^ready /m, 30_000);
  return { url: /^ready (\S+)/m.exec(io.out())?.[1] ?? assert.fail(io.out()), folder: ROOT, clock: PATIENT };
}

async function echoing(t: TestContext): Promise<World> {
  return { url: (await startEchoBus(t)).url, folder: folderFor(t) };
}

async function empty(t: TestContext): Promise<World> {
  return { url: (await busFor(t)).url, folder: folderFor(t) };
}

/** A router that sends echo to a tier on which nobody serves it. */
async function overridden(t: TestContext): Promise<World> {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'), { overrides: { echo: 'local' } });
  await startWorker(await bus.connect('worker'), echo);
  return { url: bus.url, folder: folderFor(t) };
}

/** A server with JetStream, on which work fails once it is told to keep that. */
async function keeping(t: TestContext): Promise<World> {
  const { url } = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }' });
  const bus = await connect({ servers: [url], name: 'heddle-ts router' });
  t.after(() => bus.close());
  bus.subscribe('heddle.tasks.incoming', () => {}, { queue: 'router' });
  await bus.flush();
  const afterFirst = async (): Promise<void> => {
    bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
    bus.publish('heddle.tasks.dead_letter', refusal('t-2'));
    bus.publish('heddle.tasks.ocr.standard', task('t-3', 'ocr', '{"page":12345678901234567890}'));
    bus.publish('heddle.results.default', failedResult('t-3', "KeyError: 'page' in row 17"));
    await bus.flush();
  };
  return { url, folder: folderFor(t), afterFirst };
}

/** No bus: the recording that docs/tail.md shows. */
async function recorded(t: TestContext): Promise<World> {
  const folder = folderFor(t);
  const recording = blocksOf('docs', 'tail.md').find(({ language }) => language === 'ndjson');
  writeFileSync(join(folder, 'recording.ndjson'), recording?.text ?? assert.fail('no recording'));
  return { url: '', folder };
}

/** No bus: this project's own configs. */
async function configs(): Promise<World> {
  return { url: '', folder: ROOT };
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-docs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'tasks.ndjson'), '{"n":1}\n{"n":2}\n{"n":3}\n');
  return folder;
}
