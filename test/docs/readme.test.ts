import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { splitCommand } from '../../src/child/split-command.ts';
import { connect } from '../../src/transport/nats.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { startProgram } from '../helpers/program.ts';
import { PROGRAM } from '../helpers/program-under-test.ts';
import { ROOT } from '../helpers/root.ts';

// The look of each command in README.md, against a dev bus in this folder, line by line.

const INPUT: Readonly<Record<string, string>> = {
  'worker.yaml': 'name: my worker\nworker_kind: processor\nprocessing_backend: a.B\ndefault_model_tier: Local\n',
};

test('README: what each command shows is what it prints', async (t) => {
  const dev = startProgram(t, ['dev', '--bus', 'builtin'], { cwd: ROOT });
  await dev.seen(/^ready /m);
  const url = (/^ready (\S+)/m.exec(dev.stdout())?.[1] ?? '').replace('127.0.0.1', 'localhost');
  const env = { NATS_URL: url, XDG_CONFIG_HOME: '/nonexistent', HOME: '/nonexistent' };
  const blocks = blocksOf('README.md').filter(({ language }) => language === 'console');
  assert.ok(blocks.length >= 7, `${blocks.length} blocks`);
  for (const { marks, text } of blocks) {
    const [first = '', ...expected] = text.replaceAll('nats://localhost:4222', url).split('\n');
    const [program, ...argv] = splitCommand(first.replace(/^\$ /, ''));
    const [file, ...words] = [...PROGRAM, ...argv];
    assert.equal(program, 'heddle-ts', first);
    const wanted = pattern(expected.join('\n'), true);
    if (marks.has('meanwhile')) {
      const running = startProgram(t, argv, { env });
      await running.seen(/following/);
      const client = await connect({ servers: [url], timeoutMs: 20_000 });
      for (const n of [1, 2]) client.publish('heddle.tasks.incoming', `{"worker_type":"echo","payload":{"n":${n}}}`);
      await client.drain();
      assert.equal(await running.ended, 0, running.stderr());
      assert.match(running.stdout(), wanted, first);
      continue;
    }
    const done = spawnSync(file, words, {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1', HEDDLE_OUTPUT: '', ...env },
      input: INPUT[marks.get('stdin') ?? ''],
      encoding: 'utf8',
    });
    assert.equal(done.status, Number(marks.get('exit') ?? 0), `${first}\n${done.stdout}${done.stderr}`);
    assert.match(marks.has('exit') ? done.stdout + done.stderr : done.stdout, wanted, first);
  }
  dev.kill('SIGTERM');
  assert.equal(await dev.ended, 0);
});
