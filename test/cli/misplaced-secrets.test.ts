import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../helpers/fake-io.ts';

// A token that was pasted where a path or a name belongs must not end in a log.

/** Known by its beginning. */
const SECRET = `ghp_${'a1B2'.repeat(9)}`;

const PLACES: readonly (readonly string[])[] = [
  ['worker', '--echo', '--config', SECRET],
  ['router', '--config', SECRET],
  ['submit', '--config', SECRET, '--set', 'a=b'],
  ['tail', '--lint', '--config', SECRET],
  ['dev', '--configs-dir', SECRET],
  ['dev', '--bus', SECRET],
  ['preflight', '--configs-dir', SECRET],
  ['status', '--configs-dir', SECRET],
  ['status', '--nats-context', SECRET],
  ['validate', '--all', '--configs-dir', SECRET],
  ['preflight', '--config', SECRET],
  ['validate', SECRET],
  ['worker', '--config', 'w.yaml', '--handler', SECRET],
  ['status', '--monitor', SECRET],
  ['status', '--nats-url', SECRET],
  ['submit', 'echo', '--tier', SECRET],
  ['submit', 'echo', '-o', SECRET],
  ['submit', 'echo', '--trace-parent', SECRET],
  ['status', '--color', SECRET],
  ['preflight', '--probe', SECRET],
  ['validate', '--ignore', SECRET, 'w.yaml'],
  ['validate', '--explain', SECRET],
  ['tail', '--record', `${SECRET}/r.ndjson`],
  ['submit', '-o', 'json', 'echo', '--tier', SECRET],
  [SECRET],
];

const TIMED = new Set(['worker', 'router', 'submit', 'tail', 'preflight', 'status']);

for (const argv of PLACES) {
  test(`${argv.join(' ').replace(SECRET, '<secret>')}: is not echoed`, async (t) => {
    const cwd = mkdtempSync(join(tmpdir(), 'heddle-misplaced-'));
    writeFileSync(join(cwd, 'w.yaml'), 'name: w\nworker_kind: processor\n');
    t.after(() => rmSync(cwd, { recursive: true, force: true }));
    const {
      code,
      stdout: out,
      stderr: err,
    } = await runCli([...argv, ...(!TIMED.has(argv[0] ?? '') ? [] : ['--timeout', '200ms'])], {
      cwd,
    });
    assert.notEqual(code, 0);
    assert.ok(!`${out}${err}`.includes(SECRET), out + err);
    assert.match(out + err, /xxxxx/);
  });
}
