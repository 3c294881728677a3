import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocksOf } from '../helpers/page.ts';
import { inProject, ROOT } from '../helpers/root.ts';

// Programs in TypeScript against the types of the package, as its users compile them: strict, and with nothing skipped.

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

test('what docs/worker.md and docs/sdk.md show compiles in strict mode, and so do handlers of every form', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-types-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'heddle-ts'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}\n');
  const programs = new Map([['handlers.ts', HANDLERS]]);
  for (const page of ['worker.md', 'sdk.md']) {
    for (const { marks, text } of blocksOf('docs', page)) {
      const title = marks.get('title');
      if (title?.endsWith('.ts') === true) programs.set(title, text);
    }
  }
  assert.deepEqual([...programs.keys()], ['handlers.ts', 'resize.ts', 'first.ts', 'check.ts', 'worker.test.ts']);
  for (const [name, text] of programs) writeFileSync(join(folder, name), text);
  const how = ['--noEmit', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', 'false'];
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const types = ['--typeRoots', inProject('node_modules', '@types'), '--types', 'node'];
  const tsc = inProject('node_modules', 'typescript', 'bin', 'tsc');
  const argv = [tsc, ...how, ...strict, ...types, ...programs.keys()];
  const { status, stdout } = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
});
