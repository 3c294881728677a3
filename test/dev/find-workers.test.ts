import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findWorkers } from '../../src/dev/find-workers.ts';

const root = mkdtempSync(join(tmpdir(), 'heddle-find-'));
after(() => rmSync(root, { recursive: true, force: true }));

function folder(name: string, files: Record<string, string>): string {
  const cwd = join(root, name);
  mkdirSync(join(cwd, 'configs', 'workers'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(cwd, path), text);
  return cwd;
}

const PROCESSOR = 'worker_kind: processor\n';

test('without configs there is an echo worker', () => {
  for (const cwd of [root, folder('empty', {})]) {
    const { workers, skipped } = findWorkers('configs/workers', cwd);
    assert.deepEqual(
      workers.map(({ settings, handler, file }) => [settings.name, settings.tier, handler.kind, file]),
      [['echo', 'local', 'echo', undefined]],
    );
    assert.deepEqual(skipped, []);
  }
});

test('each config runs as it says, or says why it does not', () => {
  const cwd = folder('all', {
    'handler.mjs': '',
    'configs/workers/beside.mjs': '',
    'configs/workers/echo.yaml': `name: echo\n${PROCESSOR}default_model_tier: frontier\ntimeout_seconds: 2.5\n`,
    'configs/workers/node.yaml': `name: node\n${PROCESSOR}implementation: {runtime: node, entry: ./handler.mjs}\n`,
    'configs/workers/near.yaml': `name: near\n${PROCESSOR}implementation: {runtime: node, entry: beside.mjs}\n`,
    'configs/workers/prog.yaml': `name: prog\n${PROCESSOR}implementation: {runtime: exec, entry: "python3 'a b.py'"}\n`,
    'configs/workers/lost.yaml': `name: lost\n${PROCESSOR}implementation: {runtime: node, entry: ./gone.mjs}\n`,
    'configs/workers/open.yaml': `name: open\n${PROCESSOR}implementation: {runtime: exec, entry: "a 'b"}\n`,
    'configs/workers/net.yaml': `name: net\n${PROCESSOR}implementation: {runtime: dotnet, entry: ./x}\n`,
    'configs/workers/py.yaml': `name: py\n${PROCESSOR}processing_backend: a.B\n`,
    'configs/workers/llm.yaml': 'name: llm\nsystem_prompt: hello\n',
    'configs/workers/bad.yaml': `name: 5\n${PROCESSOR}`,
    'configs/workers/broken.yaml': 'a: [\n',
    'configs/workers/pipeline.yaml': 'name: p\npipeline_stages: []\n',
    'configs/workers/_template.yaml': `name: template\n${PROCESSOR}`,
  });
  const { workers, skipped } = findWorkers('configs/workers', cwd);
  assert.deepEqual(
    workers.map(({ settings, handler, file }) => [settings.name, handler.kind, file]),
    [
      ['echo', 'echo', 'configs/workers/echo.yaml'],
      ['near', 'module', 'configs/workers/near.yaml'],
      ['node', 'module', 'configs/workers/node.yaml'],
      ['prog', 'program', 'configs/workers/prog.yaml'],
    ],
  );
  assert.deepEqual([workers[0]?.settings.tier, workers[0]?.settings.timeoutMs], ['frontier', 2500]);
  assert.deepEqual(workers[3]?.handler, { kind: 'program', command: ['python3', 'a b.py'] });
  const reasons = Object.fromEntries(skipped.map(({ file, reason }) => [file.split('/').at(-1), reason]));
  assert.deepEqual(Object.keys(reasons).sort(), [
    'bad.yaml',
    'broken.yaml',
    'llm.yaml',
    'lost.yaml',
    'net.yaml',
    'open.yaml',
    'py.yaml',
  ]);
  assert.match(reasons['bad.yaml'] ?? '', /bad\.yaml:1:7: 'name' must be a string/);
  assert.match(reasons['llm.yaml'] ?? '', /LLM worker/);
  assert.match(reasons['lost.yaml'] ?? '', /there is no \.\/gone\.mjs/);
  assert.match(reasons['net.yaml'] ?? '', /dotnet/);
  assert.match(reasons['open.yaml'] ?? '', /never closed/);
  assert.match(reasons['py.yaml'] ?? '', /no handler/);
});

test('a name that can be no part of a subject is a reason not to run it, and none to run nothing', () => {
  const cwd = folder('name', {
    'configs/workers/two.yaml': `name: two words\n${PROCESSOR}implementation: {runtime: exec, entry: cat}\n`,
  });
  const { workers, skipped } = findWorkers('configs/workers', cwd);
  assert.deepEqual(
    workers.map(({ settings }) => settings.name),
    ['echo'],
  );
  assert.deepEqual(
    skipped.map(({ name }) => name),
    ['two words'],
  );
  assert.match(skipped[0]?.reason ?? '', /"two words" holds white space/);
});
