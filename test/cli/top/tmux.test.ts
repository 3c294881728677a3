import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker } from '../../../src/broker/broker.ts';
import { PROGRAM } from '../../helpers/program-under-test.ts';
import { actAll, HEALTHY } from '../../preflight/actors.ts';

// The built program in a real terminal multiplexer, under a real shell: what no stream of a test can tell.

const skip = spawnSync('tmux', ['-V']).status === 0 ? false : 'there is no tmux here';

interface Pane {
  type(...keys: readonly string[]): void;
  /** Resolves with the screen when it matches. */
  shows(pattern: RegExp): Promise<string>;
  resize(columns: number, rows: number): void;
}

function openPane(t: TestContext, url: string): Pane {
  const socket = `heddle-top-${process.pid}`;
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: { ...process.env, TMUX: undefined, LANG: 'C.UTF-8', TERM: 'xterm-256color', NATS_URL: url, PS1: 'shell> ' },
    });
  const program = `TOP="${PROGRAM.join(' ')} top --no-env-file --no-nats-context"`;
  tmux('-u', 'new-session', '-d', '-x', '80', '-y', '24', 'bash --norc --noprofile');
  t.after(() => void spawnSync('tmux', ['-L', socket, 'kill-server']));
  const type = (...keys: readonly string[]): void => void tmux('send-keys', ...keys);
  type(`PS1='shell> '; ${program}; clear`, 'Enter');
  return {
    type,
    resize: (columns, rows) => void tmux('resize-window', '-x', String(columns), '-y', String(rows)),
    shows: async (pattern) => {
      let screen = '';
      for (let look = 0; look < 600; look += 1) {
        screen = tmux('capture-pane', '-p');
        if (pattern.test(screen)) return screen;
        await sleep(50);
      }
      assert.match(screen, pattern);
      return screen;
    },
  };
}

test('in tmux: it draws, takes keys, fits another size, stops, goes on, and gives the terminal back', {
  skip,
}, async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  await actAll(t, broker.url, HEALTHY);
  const { type, shows, resize } = openPane(t, broker.url);
  const folder = mkdtempSync(join(tmpdir(), 'heddle-tmux-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const pidFile = join(folder, 'pid');
  await shows(/shell>\s*$/);
  type('echo before; $TOP', 'Enter');
  await shows(/\[1 Bus\]/);
  type('2');
  const workers = await shows(/\[2 Workers\][\s\S]*echo +local/);
  assert.doesNotMatch(workers, /echo before/, 'on a screen of its own');
  type('Tab');
  await shows(/\[3 Tasks\]/);
  type('2', 'Down', 'Enter');
  await shows(/processors-echo: 1 replica/);
  type('Escape');
  await shows(/TYPE +TIER/);
  resize(40, 10);
  assert.equal((await shows(/\[2 Wor\]/)).trimEnd().split('\n').length, 10);
  resize(120, 40);
  await shows(/\[2 Workers\] 3 Tasks[\s\S]*PENDING/);

  type('C-z');
  await shows(/before\n[\s\S]*Stopped[\s\S]*shell>\s*$/);
  type('stty -a | grep -o "[-]*icanon\\|[-]*echo "', 'Enter');
  await shows(/^icanon\necho\s*$/m);
  type('fg', 'Enter');
  await shows(/\[2 Workers\]/);
  type('1');
  await shows(/\[1 Bus\]/);

  type('q');
  await shows(/before\n[\s\S]*shell>\s*$/);
  type('echo ended $?', 'Enter');
  await shows(/^ended 0$/m);

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT'] as const) {
    type(`clear; sh -c 'echo $$ > ${pidFile}; exec "$@"' sh $TOP`, 'Enter');
    await shows(/\[1 Bus\]/);
    process.kill(Number(readFileSync(pidFile, 'utf8')), signal);
    await shows(/^(?!.*\[1 Bus\])[\s\S]*shell>\s*$/);
    type('clear; stty -a | grep -o "[-]*icanon\\|[-]*echo "', 'Enter');
    await shows(/^icanon\necho\s*$/m);
  }
});
