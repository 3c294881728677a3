import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { splitCommand } from '../../src/child/split-command.ts';
import { connect } from '../../src/transport/nats.ts';
import { gather } from '../helpers/gather.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { freePort } from '../helpers/ports.ts';
import { type RunningProgram, startProgram } from '../helpers/program.ts';
import { ROOT } from '../helpers/root.ts';

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

test('the program of worker.md runs as it stands', async (t) => {
  const block = blocksOf('docs', 'worker.md').find(({ marks }) => marks.get('title') === 'own-program.mjs');
  assert.ok(block !== undefined);
  // A folder without configs: the dev of the page above would run its worker, and share the tasks.
  const own = join(folder, 'own');
  mkdirSync(join(own, 'node_modules'), { recursive: true });
  const dev = startProgram(t, ['dev', '--bus', 'builtin'], { cwd: own });
  await dev.seen(/^ready /m);
  const url = /^ready (\S+)/m.exec(dev.stdout())?.[1] ?? '';
  symlinkSync(ROOT, join(own, 'node_modules', 'heddle-ts'), 'junction');
  writeFileSync(join(own, 'own-program.mjs'), block.text.replace('nats://127.0.0.1:4222', url));

  const program = spawn(process.execPath, ['own-program.mjs'], { cwd: own, stdio: ['ignore', 'pipe', 'inherit'] });
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
  dev.kill('SIGTERM');
  assert.equal(await dev.ended, 0);
});
