import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { splitCommand } from '../../src/child/split-command.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { freePort } from '../helpers/ports.ts';
import { type RunningProgram, startProgram } from '../helpers/program.ts';

// docs/getting-started.md, block by block, as a reader would do it: files written, commands run, outputs compared.

const folder = mkdtempSync(join(tmpdir(), 'heddle-start-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('getting started, from the first to the last command', async (t) => {
  const port = String(await freePort());
  const env = { NATS_URL: `nats://127.0.0.1:${port}`, XDG_CONFIG_HOME: folder };
  const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
  const running: RunningProgram[] = [];
  let commands = 0;
  for (const { language, marks, text } of blocksOf('docs', 'getting-started.md')) {
    const needs = marks.get('needs');
    if (needs !== undefined && !has(needs)) {
      t.diagnostic(`skipped what needs ${needs}`);
      continue;
    }
    const file = marks.get('title') ?? marks.get('append');
    if (file !== undefined) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      (marks.has('title') ? writeFileSync : appendFileSync)(join(folder, file), text);
      continue;
    }
    assert.equal(language, 'console', `a block of ${language} that is neither a file nor a command`);
    if (marks.has('install')) continue;
    for (const part of text.split(/^\$ /m).slice(1)) {
      const [line = '', ...expected] = part.replaceAll('4222', port).split('\n');
      const [npx, program, ...argv] = splitCommand(line);
      assert.deepEqual([npx, program], ['npx', 'heddle-ts'], line);
      const started = startProgram(t, argv, { cwd: folder, env });
      commands += 1;
      if (marks.has('background')) {
        await started.seen(pattern(expected.join('\n'), false));
        running.push(started);
        continue;
      }
      const exit = await started.ended;
      assert.equal(exit, Number(marks.get('exit') ?? 0), `${line}\n${started.stdout()}${started.stderr()}`);
      const said = marks.has('exit') ? started.stdout() + started.stderr() : started.stdout();
      assert.match(said, pattern(expected.join('\n'), true), line);
    }
  }
  assert.ok(commands >= 8, `${commands} commands`);
  for (const program of running.reverse()) program.kill('SIGTERM');
  assert.deepEqual(
    await Promise.all(running.map((program) => program.ended)),
    running.map(() => 0),
  );
});
