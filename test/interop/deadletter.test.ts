import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type CliRun, runCli } from '../helpers/fake-io.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { stages } from './bus.ts';
import { HOME, worldFor } from './faults/fault.ts';
import { skipWithoutHeddle } from './heddle.ts';

type Document = Record<string, unknown>;

test("what Heddle's own actors fail on is kept with its remedy, and an orphan is sent again to its end", {
  skip: skipWithoutHeddle || skipWithoutNatsServer(),
}, async (t) => {
  const world = worldFor(t);
  const bus = await world.bus({ config: 'jetstream { store_dir: "FOLDER/js" }\n' });
  const cli = (...argv: readonly string[]): Promise<CliRun> =>
    runCli(argv, { cwd: world.folder, home: join(world.folder, HOME), env: { NATS_URL: bus.url } });
  const lettersOf = async (kind: string): Promise<Document[]> => {
    const { stdout } = await cli('dead-letter', 'list', '--kind', kind, '--orphan-after', '500ms', '-o', 'ndjson');
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Document)
      .filter(({ record }) => record === 'letter');
  };
  const shown = async (id: unknown): Promise<Document> =>
    JSON.parse((await cli('dead-letter', 'show', String(id), '--orphan-after', '500ms', '--json')).stdout) as Document;

  assert.equal((await cli('dead-letter', 'enable', '--tasks')).code, 0);
  const [, , stuck] = await Promise.all([
    bus.router(),
    bus.processor('forgetful', { backend: 'Forgetful' }),
    bus.processor('slow', { backend: 'Stuck' }),
    bus.pipeline('digest', stages('forgetful')),
  ]);

  // A worker that fails.
  const failed = await cli('submit', 'forgetful', '--tier', 'local', '--set', 'text=hello', '--wait', '20s');
  assert.equal(failed.code, 1, failed.stderr);
  // A worker that is stopped while it has the task.
  assert.equal((await cli('submit', 'slow', '--tier', 'local', '--set', 'text=kept')).code, 0);
  for (let tries = 0; !/task/i.test(stuck.log()) && tries < 40; tries += 1) await pause(50);
  stuck.kill('SIGKILL');
  await stuck.ended;
  // A goal whose stage fails.
  const goal = await cli('submit', '--goal', 'go', '--context', 'text=hello', '--wait', '20s');
  assert.equal(goal.code, 1, goal.stderr);
  await pause(600);

  const [goalLetter, ...moreGoals] = await lettersOf('failed_goal');
  assert.equal(moreGoals.length, 0);
  const ofGoal = await shown(goalLetter?.id);
  assert.match(String(ofGoal.why), /The goal failed because its stage "forgetful" did/);
  assert.match(String(ofGoal.instead), /heddle-ts submit --goal/);

  const results = await lettersOf('failed_result');
  const [direct] = results.filter(({ goal: of }) => of !== goalLetter?.goal);
  assert.equal(results.length, 2, 'the task, and the stage of the goal');
  const result = await shown(direct?.id);
  assert.match(String(result.why), /"forgetful" failed on it: /);
  assert.match(String(result.advice), /Mend what the worker stumbled over/);
  assert.match(Buffer.from(String(result.original_base64), 'base64').toString(), /"text": ?"hello"/);

  const [orphan, ...moreOrphans] = await lettersOf('orphan');
  assert.equal(moreOrphans.length, 0);
  assert.equal(orphan?.worker, 'slow');
  const ofOrphan = await shown(orphan?.id);
  assert.match(String(ofOrphan.why), /Nobody answered/);
  assert.match(String(ofOrphan.advice), /Start one that serves "slow"/);

  await bus.processor('slow');
  const replayed = await cli(
    ...[
      'dead-letter',
      'replay',
      String(orphan?.id),
      '--orphan-after',
      '500ms',
      '--wait',
      '20s',
      '--yes',
      '-o',
      'ndjson',
    ],
  );
  assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr);
  assert.match(replayed.stdout, /"outcome":"completed"/);
});
