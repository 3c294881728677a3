import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { dice, pick } from '../helpers/dice.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { runUnder } from './cell.ts';
import { USES, type Use } from './commands.ts';
import { endedBy, goesOn, untilAtWork, WITHIN_MS } from './fault.ts';
import { noteResults } from './results.ts';
import { rounds, timeIsOver } from './rounds.ts';
import { makeWorld } from './world.ts';

// A signal at any moment of any command: before it reads its flags, while it connects, at work, at its end. The same for the same seed.

const SOAK = process.env.HEDDLE_SOAK === '1';
const ROUNDS = SOAK ? 200 : rounds(6);
const SEED = Number(process.env.HEDDLE_SEED ?? 1);
/** On a busy machine most commands need longer to start than the quickest need for all. */
const LATEST_MS = 1_500;

test(`${ROUNDS} signals at any moment (seed ${SEED})`, {
  skip: skipWithoutNatsServer(),
  timeout: 1_200_000,
}, async (t) => {
  const throwDice = dice(SEED);
  const plan = Array.from({ length: ROUNDS }, () => ({
    use: pick(
      throwDice,
      USES.filter(({ terminal, letters }) => terminal !== true && letters !== true),
    ),
    signal: pick(throwDice, ['SIGTERM', 'SIGINT'] as const),
    afterMs: throwDice() * LATEST_MS,
    again: throwDice() < 0.2,
    // Half of them find it at work; the others come while it starts.
    atWork: throwDice() < 0.5,
  }));
  const ended: Record<string, number> = {};
  const round = async ({ use, signal, afterMs, again, atWork }: (typeof plan)[number]): Promise<void> => {
    const world = await makeWorld(use);
    try {
      const seen = await runUnder({
        argv: use.argv(world),
        meanwhile: async (program) => {
          const { kill } = program;
          if (atWork && goesOn(use)) await Promise.race([untilAtWork(use, program), pause(5_000)]);
          await pause(afterMs);
          kill(signal);
          if (!again) return;
          await pause(20);
          kill(signal);
        },
      });
      const what = `${use.name}, ${signal}${again ? ' twice' : ''} after ${Math.round(afterMs)} ms: ${seen.ended} after ${Math.round(seen.ms)} ms\n${seen.stderr}`;
      assert.ok(endsOf(use, signal).includes(seen.ended), what);
      assert.ok(seen.ms < WITHIN_MS, what);
      assert.doesNotMatch(seen.stderr, /Unhandled|This is a bug|MaxListeners/, what);
      ended[seen.ended] = (ended[seen.ended] ?? 0) + 1;
    } finally {
      await world.remove();
    }
  };
  const queue = [...plan];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let next = queue.shift(); next !== undefined && !timeIsOver(); next = queue.shift()) await round(next);
    }),
  );
  const done = Object.values(ended).reduce((sum, times) => sum + times, 0);
  t.diagnostic(JSON.stringify({ seed: SEED, rounds: done, ended }));
  if (SOAK) noteResults({ signals: { rounds: done, seed: SEED, ended } });
});

/** Done before it came, ended by it, or ended before the program could take it. */
function endsOf(use: Use, signal: 'SIGTERM' | 'SIGINT'): (number | string)[] {
  return [...use.own, ...endedBy(use, signal), signal === 'SIGINT' ? 130 : 143, signal];
}
