import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ON_NODE, PROGRAM } from '../helpers/program-under-test.ts';
import { runUnder } from './cell.ts';

const SKIP = process.platform === 'win32' && 'there is no such limit';
const OUT_OF_FILES = /^error: no more files can be opened, raise the limit .*\n$/;

// Schemas and patterns of others are watched by the runtime, which opens files for that, and aborts when it may not.

const RUNS: readonly (readonly string[])[] = [
  ['validate', '--payload', 'p.json', '--against', 'w.yaml'],
  ['tail', '--from', 'r.ndjson', '--grep', 'x'],
  ['tail', '--from', 'r.ndjson', '--lint', '--config', 'w.yaml'],
  ['submit', '--dry-run', '--config', 'w.yaml', '--strict', '--payload', '@p.json'],
];

test('under any limit on files, what runs under a deadline is done, or says in a line why not', {
  skip: SKIP,
}, (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-few-files-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'p.json'), '{"text":"x"}');
  writeFileSync(join(cwd, 'r.ndjson'), '{"subject":"heddle.results.default","message":{"task_id":"x"}}\n');
  const schema = '{type: object, properties: {text: {type: string, pattern: "^x$"}}}';
  writeFileSync(join(cwd, 'w.yaml'), `name: w\nworker_kind: processor\ninput_schema: ${schema}\n`);
  for (let limit = 20; limit <= 26; limit += 1) {
    for (const argv of RUNS) {
      const command = [...PROGRAM, ...argv];
      const run = spawnSync('/bin/sh', ['-c', `ulimit -n ${limit}; exec "$@"`, 'sh', ...command], {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      });
      const what = `ulimit -n ${limit}, ${argv.join(' ')}: ${run.status ?? run.signal}\n${run.stderr}`;
      assert.ok(run.status === 0 || run.status === 70, what);
      if (run.status === 70) assert.match(run.stderr, OUT_OF_FILES, what);
    }
  }
});

// Both ends of the connections to the built-in bus are files of one process. The end that cannot be accepted is closed by the
// system, which looks like a server that hangs up without a word.
test('under any limit on files, dev runs, or says in a line why not', { skip: SKIP }, async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-few-files-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  const gateway = join(cwd, 'named.yaml');
  writeFileSync(gateway, 'kind: gateway\nlisten: 127.0.0.1:0\n');
  const dev = ['dev', '--configs-dir', cwd, '--grace', '1s'];
  const runs = [dev, [...dev, '--bus', 'builtin'], [...dev, '--bus', 'builtin', '--gateway', gateway]];
  let refused = 0;
  for (let limit = 20; limit <= 26; limit += 1) {
    const ends = runs.map(async (argv) => {
      const { ended, stderr } = await runUnder({
        argv,
        files: limit,
        meanwhile: async ({ seen, kill }) => {
          await seen(/ready nats/);
          kill('SIGTERM');
        },
      });
      const what = `ulimit -n ${limit}, ${argv.join(' ')}: ${ended}\n${stderr}`;
      assert.ok(ended === 0 || ended === 70, what);
      if (ended === 0) return;
      refused += 1;
      assert.match(stderr, OUT_OF_FILES, what);
    });
    await Promise.all(ends);
  }
  // Another runtime holds fewer files of its own, and has room at each.
  if (ON_NODE) assert.ok(refused > 0, 'none of these limits is too low: nothing was tried');
});
