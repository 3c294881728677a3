import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands/list.ts';
import { SHELLS } from '../../src/cli/completion/list.ts';
import { runCli } from '../helpers/fake-io.ts';

for (const { name: shell } of SHELLS) {
  const absent = spawnSync(shell, ['-c', 'exit 0']).error !== undefined;

  test(`the ${shell} script names every command and flag`, async () => {
    const { code, stdout } = await runCli(['completion', shell]);
    assert.equal(code, 0);
    for (const { name } of COMMANDS) assert.ok(stdout.includes(name), name);
    const { commands } = JSON.parse((await runCli(['help', '-o', 'json'])).stdout);
    for (const command of commands) {
      for (const option of command.options) {
        const word = shell === 'fish' ? `-l ${option.long.slice(2)}` : option.long;
        assert.ok(stdout.includes(word), `${command.name} ${option.long}`);
      }
    }
  });

  test(`${shell} accepts the script`, { skip: absent ? `${shell} is not on this machine` : false }, async () => {
    const { stdout } = await runCli(['completion', shell]);
    const folder = mkdtempSync(join(tmpdir(), 'completion-'));
    const file = join(folder, `heddle-ts.${shell}`);
    writeFileSync(file, stdout);
    const done = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    assert.equal(done.status, 0, done.stderr);
  });
}

test('bash completes commands, flags and choices', {
  skip: spawnSync('bash', ['-c', '']).error ? 'no bash' : false,
}, async () => {
  const { stdout } = await runCli(['completion', 'bash']);
  const complete = (line: string[], at: number): string[] => {
    const words = line.map((word) => `'${word}'`).join(' ');
    const probe = `${stdout}\nCOMP_WORDS=(${words}); COMP_CWORD=${at}; _heddle_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', probe], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((word) => word !== '');
  };
  assert.deepEqual(complete(['heddle-ts', 'compl'], 1), ['completion']);
  assert.deepEqual(complete(['heddle-ts', 'help', '--outp'], 2), ['--output']);
  assert.deepEqual(complete(['heddle-ts', 'help', '--output', ''], 3), ['human', 'json']);
  assert.deepEqual(complete(['heddle-ts', 'completion', 'z'], 2), ['zsh']);
});
