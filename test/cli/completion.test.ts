import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { SHELLS } from '../../src/cli/completion/list.ts';
import { runCli } from '../helpers/fake-io.ts';

const without = (shell: string) => (spawnSync(shell, ['-c', '']).error ? `${shell} is not on this machine` : false);

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-completion-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const { name: shell } of SHELLS) {
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

  test(`${shell} accepts the script`, { skip: without(shell) }, async (t) => {
    const file = join(emptyFolder(t), 'script');
    writeFileSync(file, (await runCli(['completion', shell])).stdout);
    const done = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
  });
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

test('bash completes commands, flags, choices, operands and files', { skip: without('bash') }, async (t) => {
  const folder = emptyFolder(t);
  writeFileSync(join(folder, 'a file.yaml'), '');
  const { stdout } = await runCli(['completion', 'bash']);
  const complete = (line: string[], at: number): string[] => {
    const words = line.map((word) => `'${word}'`).join(' ');
    const probe = `${stdout}\nCOMP_WORDS=(${words}); COMP_CWORD=${at}; _heddle_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(spawnSync('bash', ['-c', probe], { encoding: 'utf8', cwd: folder }).stdout);
  };
  assert.deepEqual(complete(['heddle-ts', 'compl'], 1), ['completion']);
  assert.deepEqual(complete(['heddle-ts', 'help', '--outp'], 2), ['--output']);
  assert.deepEqual(complete(['heddle-ts', 'help', '--output', ''], 3), ['human', 'json']);
  assert.deepEqual(complete(['heddle-ts', 'help', '--output', '='], 3), ['human', 'json']);
  assert.deepEqual(complete(['heddle-ts', 'help', '--output', '=', 'j'], 4), ['json']);
  assert.deepEqual(complete(['heddle-ts', 'completion', 'z'], 2), ['zsh']);
  assert.deepEqual(complete(['heddle-ts', 'help', 'valid'], 2), ['validate']);
  assert.deepEqual(complete(['heddle-ts', 'validate', 'a'], 2), ['a file.yaml']);
});

test('zsh completes from a file of $fpath, the first time too', { skip: without('zsh') }, async (t) => {
  const folder = emptyFolder(t);
  writeFileSync(join(folder, '_heddle-ts'), (await runCli(['completion', 'zsh'])).stdout);
  const complete = (words: string): string[] => {
    const probe = `compdef() {}; _describe() { print -l -- $commands }; _arguments() { print -l -- "\${argv[-1]}" }
      fpath=(${folder}); autoload -Uz _heddle-ts; words=(${words}); CURRENT=$#words; _heddle-ts`;
    return linesOf(spawnSync('zsh', ['-fc', probe], { encoding: 'utf8' }).stdout);
  };
  assert.deepEqual(
    complete("heddle-ts ''").map((line) => line.split(':')[0]),
    COMMANDS.map(({ name }) => name),
  );
  assert.deepEqual(complete("heddle-ts completion ''"), ['1:word:(bash zsh fish)']);
});

test('fish completes commands, choices and operands', { skip: without('fish') }, async (t) => {
  // From a file: Linux takes no argument of more than 128 KiB.
  const file = join(emptyFolder(t), 'script');
  writeFileSync(file, (await runCli(['completion', 'fish'])).stdout);
  const complete = (line: string): string[] => {
    const done = spawnSync('fish', ['-N', '-c', `source ${file}\ncomplete -C'${line}'`], { encoding: 'utf8' });
    return linesOf(done.stdout).map((each) => each.split('\t')[0] ?? '');
  };
  assert.deepEqual(complete('heddle-ts compl'), ['completion']);
  assert.deepEqual(complete('heddle-ts help --output '), ['human', 'json']);
  assert.deepEqual(complete('heddle-ts completion ').sort(), ['bash', 'fish', 'zsh']);
  assert.deepEqual(complete('heddle-ts help valid'), ['validate']);
});
