import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBroker } from '../../src/broker/broker.ts';

const SOURCES = new URL('../../src/', import.meta.url).href;

/** The packages of JetStream that a program has loaded in the end. */
const REPORT = `
const { createRequire } = await import('node:module');
const loaded = Object.keys(createRequire(${JSON.stringify(fileURLToPath(import.meta.url))}).cache);
const packages = ['jetstream', 'kv'].filter((name) => loaded.some((path) => /[\\\\/]@nats-io[\\\\/](\\w+)/.exec(path)?.[1] === name));
process.stderr.write('LOADED ' + JSON.stringify(packages) + '\\n');`;

async function loadedBy(code: string): Promise<string[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `${code}\n${REPORT}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child, 'close');
  const [, packages] = /LOADED (.*)\n/.exec(said) ?? [];
  assert.ok(packages !== undefined, said);
  return JSON.parse(packages) as string[];
}

const run = (argv: readonly string[]): string => `
const { main, processIo } = await import('${SOURCES}cli/main.js');
await main(${JSON.stringify(argv)}, processIo());`;

test('the packages of JetStream are loaded when something is opened there, and not before', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const at = ['--nats-url', broker.url];
  const [help, sdk, tail, memory, jetstream] = await Promise.all([
    loadedBy(run(['--help'])),
    loadedBy(`await import('${SOURCES}index.js'); await import('${SOURCES}testing.js');`),
    loadedBy(run(['tail', '--for', '10ms', ...at])),
    loadedBy(`
      const { openStream } = await import('${SOURCES}store/open.js');
      await openStream({ home: 'memory' }, 'S');
      await openStream({ home: 'directory', path: '/nowhere' }, 'S');`),
    loadedBy(`
      const { openStream } = await import('${SOURCES}store/open.js');
      const bus = await (await import('${SOURCES}transport/memory.js')).createMemoryBus().connect();
      await openStream({ home: 'jetstream', bus }, 'S');`),
  ]);
  assert.deepEqual([help, sdk, tail, memory], [[], [], [], []]);
  // That they would be seen.
  assert.deepEqual(jetstream, ['jetstream', 'kv']);
});
