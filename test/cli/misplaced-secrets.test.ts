import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../helpers/fake-io.ts';

// A token that was pasted where a path or a name belongs must not end in a log.

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
];

for (const argv of PLACES) {
  test(`${argv.join(' ').replace(SECRET, '<secret>')}: is not echoed`, async (t) => {
    const cwd = mkdtempSync(join(tmpdir(), 'heddle-misplaced-'));
    t.after(() => rmSync(cwd, { recursive: true, force: true }));
    const {
      code,
      stdout: out,
      stderr: err,
    } = await runCli([...argv, ...(argv[0] === 'validate' || argv[0] === 'dev' ? [] : ['--timeout', '200ms'])], {
      cwd,
    });
    assert.notEqual(code, 0);
    assert.ok(!`${out}${err}`.includes(SECRET), out + err);
    assert.match(out + err, /xxxxx/);
  });
}
