import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type Attendant,
  type Death,
  type KeepOptions,
  type Kept,
  keepRunning,
  type Run,
} from '../../src/child/keep-running.ts';
import { DEFAULT_RESTARTS, restarts } from '../../src/child/restart-policy.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { alive, options, shown, until } from './programs.ts';

noLeaks();

interface Life extends Attendant {
  readonly run: Run;
  readonly said: (string | number)[];
  death: Death | undefined;
}

interface Keeping {
  readonly kept: Kept<Life>;
  readonly lives: Life[];
}

/** Says "up", then does what it is told, one word a line. */
const OBEYS = `console.log("up");
process.stdin.on("data", (words) => { for (const word of String(words).trim().split("\\n")) {
  if (word === "die") { console.error("oh"); process.exit(9); } else console.log(word); } });`;

async function keep(t: TestContext, script: string, more: Partial<KeepOptions> = {}): Promise<Keeping> {
  const lives: Life[] = [];
  const kept = await keepRunning<Life>({ ...options(script), ...more }, (run): Life => {
    const life: Life = {
      run,
      said: [],
      death: undefined,
      line: (line) => life.said.push(shown(line)),
      stderr: () => {},
      died: (death) => {
        life.death = death;
      },
    };
    lives.push(life);
    return life;
  });
  t.after(() => kept.stop(5_000));
  return { kept, lives };
}

const up = (lives: readonly Life[], at: number): Promise<void> =>
  until(`life ${at} is up`, () => lives[at]?.said.includes('up') === true);

test('pauses double from the first to the longest, a healthy life begins anew, and too many in a row are the end', () => {
  const history = restarts({ firstMs: 1_000, longestMs: 5_000, giveUpAfter: 6, healthyAfterMs: 0, pauseMs: 7 });
  const pauses = [false, false, false, false, true, false, false, false, false, false].map((healthy) =>
    history.died(healthy),
  );
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 5_000, 7, 1_000, 2_000, 4_000, 5_000, 5_000]);
  assert.equal(history.died(false), undefined);
  assert.equal(history.early, 6);
});

test('by default from 1 s to 60 s, and five early deaths are enough', () => {
  const { firstMs, longestMs, giveUpAfter } = DEFAULT_RESTARTS;
  assert.deepEqual([firstMs, longestMs, giveUpAfter], [1_000, 60_000, 5]);
});

test('a death is told with its words and the pause, and work finds the next life after it', async (t) => {
  const clock = createFakeClock();
  const { kept, lives } = await keep(t, OBEYS, { clock });
  await up(lives, 0);
  const first = await kept.current();
  first.run.program.send('die\n');
  await until('it died', () => first.death !== undefined);
  const { how, because, expected, restartMs } = first.death ?? {};
  assert.deepEqual([how, because, expected, restartMs], ['exit code 9', 'exit code 9: oh', false, 1_000]);
  let found: Life | undefined;
  void kept.current().then((life) => {
    found = life;
  });
  await clock.advance(999);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([lives.length, found], [1, undefined], 'not before the pause is over');
  await clock.advance(1);
  await until('the next one takes work', () => found === lives[1] && found !== undefined);
});

test('it gives up after early deaths in a row, and says so to whoever asks', async (t) => {
  const { kept, lives } = await keep(t, 'console.error("bad config"); process.exit(2);', {
    restart: { firstMs: 1, longestMs: 4, giveUpAfter: 3 },
  });
  assert.match(await kept.gaveUp, /" ended 3 times in quick succession \(exit code 2: bad config\)$/);
  assert.deepEqual(
    lives.map(({ death }) => death?.restartMs),
    [1, 2, undefined],
  );
  await assert.rejects(kept.current(), /ended 3 times in quick succession/);
});

test('a life that proved itself or lasted does not count', async (t) => {
  const clock = createFakeClock();
  const { kept, lives } = await keep(t, OBEYS, { clock, restart: { giveUpAfter: 1, healthyAfterMs: 500, pauseMs: 1 } });
  await up(lives, 0);
  lives[0]?.run.proven();
  lives[0]?.run.program.send('die\n');
  await until('it died', () => lives[0]?.death !== undefined);
  assert.equal(lives[0]?.death?.restartMs, 1);
  await clock.advance(1);
  await up(lives, 1);
  await clock.advance(500);
  lives[1]?.run.program.send('die\n');
  await until('the second died', () => lives[1]?.death !== undefined);
  assert.equal(lives[1]?.death?.restartMs, 1);
  await clock.advance(1);
  await up(lives, 2);
  lives[2]?.run.program.send('die\n');
  assert.match(await kept.gaveUp, /ended 1 times/);
});

test('one that is replaced works on, and its end starts nothing', async (t) => {
  const { kept, lives } = await keep(t, OBEYS);
  await up(lives, 0);
  const old = await kept.current();
  kept.replace(old);
  const young = await kept.current();
  assert.notEqual(young, old);
  old.run.program.send('still here\n');
  await until('the old one answers', () => old.said.includes('still here'));
  kept.replace(old);
  old.run.program.send('die\n');
  await until('the old one died', () => old.death !== undefined);
  assert.deepEqual([old.death?.expected, old.death?.restartMs], [true, undefined]);
  assert.equal(await kept.current(), young);
  assert.equal(lives.length, 2, 'replacing twice starts one');
});

test('what was sent and not read is told with the death', async (t) => {
  const { lives } = await keep(t, 'console.log("up"); setInterval(() => {}, 1000);', { maxUnread: 1_000_000 });
  await up(lives, 0);
  const line = `${'x'.repeat(999)}\n`;
  while (lives[0]?.run.program.send(line) === 'sent');
  lives[0]?.run.program.end('SIGKILL');
  await until('it died', () => lives[0]?.death !== undefined);
  assert.ok((lives[0]?.death?.unread ?? 0) > 500_000);
});

test('stopping ends every life, breaks off a pause, and nothing is started again', async (t) => {
  const { kept, lives } = await keep(t, OBEYS, { restart: { firstMs: 60_000 } });
  await up(lives, 0);
  lives[0]?.run.program.send('die\n');
  await until('it died', () => lives[0]?.death !== undefined);
  const waits = assert.rejects(kept.current(), /stopped/);
  await kept.stop(1_000);
  await waits;
  await assert.rejects(kept.current(), /stopped/);
  assert.equal(lives.length, 1);
});

test('killing is at once, and no death of it is a surprise', async (t) => {
  const { kept, lives } = await keep(t, OBEYS);
  await up(lives, 0);
  kept.kill();
  await until('it is gone', () => lives[0]?.death !== undefined);
  assert.deepEqual([lives[0]?.death?.expected, lives[0]?.death?.restartMs], [true, undefined]);
  assert.equal(alive(lives[0]?.run.program.pid ?? 0), false);
});

test('a first start that fails is the caller’s, in words', async (t) => {
  await assert.rejects(keep(t, '', { command: ['heddle-no-such-program'] }), {
    code: 'usage',
    message: /there is no such program/,
  });
});
