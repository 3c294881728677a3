import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from '../../src/transport/nats.ts';
import { gather } from '../helpers/gather.ts';
import { blocksOf } from '../helpers/page.ts';
import { startProgram } from '../helpers/program.ts';
import { inProject, ROOT } from '../helpers/root.ts';

// Programs that use the package, as its users write them: compiled strictly with nothing skipped, and run on one bus.

/** What people write as a handler, beyond what the pages show. */
const HANDLERS = `
import { connect, defineWorker, type Handler, inProcess, runWorker, type TaskContext } from 'heddle-ts';

interface Picture { readonly url: string; readonly width: number }
interface Resized { bytes: number }

const bus = await connect({ servers: [] });
const config = { name: 'resize' };
await runWorker(bus, { config, handler: (payload) => ({ text: String(payload.text) }) });
await runWorker(bus, { config, handler: async ({ url }: Picture, ctx: TaskContext) => (ctx.log.info(url), null) });
await runWorker(bus, { config, handler: ({ width }: Picture): Resized => ({ bytes: width }) });
await runWorker(bus, { config, handler: ({ width }: Picture) => ({ output: { bytes: width }, model_used: null }) });
await runWorker(bus, { config, handler: defineWorker<Picture, Resized>({ handle: ({ width }) => ({ bytes: width }), setup: () => {} }) });
await runWorker(bus, { config: 'resize.yaml', handler: inProcess(defineWorker(({ width }: Picture) => ({ bytes: width }))) });
export const named: Handler<Picture, Resized> = async ({ width }, ctx) => ({ bytes: ctx.signal.aborted ? 0 : width });
// @ts-expect-error: a picture has no height
await runWorker(bus, { config, handler: ({ height }: Picture) => ({ height }) });
// @ts-expect-error: the key is called inputSchema here
await runWorker(bus, { config: { ...config, input_schema: {} }, handler: () => null });
`;

const PAGES = ['worker.md', 'sdk.md'] as const;

/** The programs in TypeScript that the pages show, by their names. */
function shown(): Map<string, string> {
  const blocks = PAGES.flatMap((page) => blocksOf('docs', page));
  const named = blocks.map(({ marks, text }) => [marks.get('title') ?? '', text] as const);
  return new Map(named.filter(([title]) => title.endsWith('.ts')));
}

/** A project of a user's, with the package in it and these programs. */
function project(t: TestContext, programs: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-types-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'heddle-ts'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}\n');
  for (const [name, text] of programs) writeFileSync(join(folder, name), text);
  return folder;
}

function compile(folder: string, names: Iterable<string>): void {
  const target = ['--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', 'false'];
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const types = ['--typeRoots', inProject('node_modules', '@types'), '--types', 'node'];
  const tsc = inProject('node_modules', 'typescript', 'bin', 'tsc');
  const argv = [tsc, ...target, ...strict, ...types, ...names];
  const { status, stdout } = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
}

test('what docs/worker.md and docs/sdk.md show compiles in strict mode, as do handlers of every form, and does what they say', async (t) => {
  const programs = new Map([['handlers.ts', HANDLERS], ...shown()]);
  assert.deepEqual([...programs.keys()], ['handlers.ts', 'resize.ts', 'first.ts', 'check.ts', 'worker.test.ts']);
  const folder = project(t, programs);
  compile(folder, programs.keys());
  // The test of a worker stands beside the others, as with any runner.
  const tested = spawnSync(process.execPath, ['worker.test.js'], { cwd: folder, encoding: 'utf8' });
  assert.equal(tested.status, 0, tested.stderr);

  const configs = join(folder, 'configs', 'workers');
  mkdirSync(configs, { recursive: true });
  cpSync(inProject('configs', 'workers', 'echo.yaml'), join(configs, 'echo.yaml'));
  const check = (): number | null => spawnSync(process.execPath, ['check.js'], { cwd: folder }).status;
  assert.equal(check(), 0);
  writeFileSync(join(configs, 'wrong.yaml'), 'name: my worker\n');
  assert.equal(check(), 1);
  rmSync(join(configs, 'wrong.yaml'));

  const url = await startDev(t, folder);
  const first = readFileSync(join(folder, 'first.js'), 'utf8');
  assert.ok(first.includes('nats://127.0.0.1:4222'));
  writeFileSync(join(folder, 'first.js'), first.replace('nats://127.0.0.1:4222', url));
  const sent = spawnSync(process.execPath, ['first.js'], { cwd: folder, encoding: 'utf8' });
  assert.equal(sent.stdout, "{ text: 'hi' }\n", sent.stderr);

  const pictures = createServer((_request, response) => response.end('12345'));
  t.after(() => pictures.close());
  await new Promise<void>((resolve) => pictures.listen(0, '127.0.0.1', resolve));
  const { port } = pictures.address() as AddressInfo;
  const config =
    'name: resize\nworker_kind: processor\ndefault_model_tier: local\ninput_schema: {type: object}\noutput_schema: {type: object}\n';
  writeFileSync(join(folder, 'resize.yaml'), config);
  const env = { NATS_URL: url };
  const worker = startProgram(t, ['worker', '--config', 'resize.yaml', '--handler', './resize.js'], {
    cwd: folder,
    env,
  });
  await worker.seen(/worker resize\.local/);
  const payload = ['--set', `url=http://127.0.0.1:${port}/`, '--set-json', 'width=7'];
  const asked = startProgram(
    t,
    ['submit', '--config', 'resize.yaml', ...payload, '--wait', '--select', 'output.bytes'],
    { cwd: folder, env },
  );
  assert.equal(await asked.ended, 0, asked.stderr());
  assert.equal(asked.stdout(), '5\n');
  await ownProgram(t, folder, url);
});

async function startDev(t: TestContext, folder: string): Promise<string> {
  const dev = startProgram(t, ['dev', '--bus', 'builtin'], { cwd: folder });
  await dev.seen(/^ready /m);
  return /^ready (\S+)/m.exec(dev.stdout())?.[1] ?? assert.fail(dev.stdout());
}

/** The worker that docs/worker.md runs in a program: as it stands there, it serves, and ends when it is told to. */
async function ownProgram(t: TestContext, folder: string, url: string): Promise<void> {
  const block = blocksOf('docs', 'worker.md').find(({ marks }) => marks.get('title') === 'own-program.mjs');
  const text = block?.text ?? assert.fail('docs/worker.md has no own-program.mjs');
  writeFileSync(join(folder, 'own-program.mjs'), text.replace('nats://127.0.0.1:4222', url));
  const program = spawn(process.execPath, ['own-program.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => program.once('close', resolve));
  t.after(async () => {
    program.kill('SIGKILL');
    await ended;
  });
  await new Promise<void>((resolve) => program.stdout.once('data', () => resolve()));
  const client = await connect({ servers: [url], timeoutMs: 20_000 });
  const results = await gather(client, 'heddle.results.default');
  client.publish('heddle.tasks.incoming', '{"worker_type":"shout","model_tier":"local","payload":{"text":"hi"}}');
  assert.match((await results.count(1))[0]?.text ?? '', /"output":\{"text":"HI"\}/);
  await client.close();
  program.kill('SIGTERM');
  assert.equal(await ended, 0);
}
