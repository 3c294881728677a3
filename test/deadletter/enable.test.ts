import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openStream } from '../../src/store/open.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { keptBus, SERVERS } from './bus.ts';

noLeaks();

for (const { name, program, skip } of SERVERS) {
  describe(`enable on ${name}`, { skip }, () => {
    test('makes streams once, shows what differs, changes it only when told to', async (t) => {
      const { cli, json } = await keptBus(t, program);
      const first = await json('dead-letter', 'enable');
      assertKeepsSchema('dead-letter.enable', first);
      assert.deepEqual(
        (first.streams as { name: string; made: boolean }[]).map((each) => [each.name, each.made]),
        [
          ['HEDDLE_DEAD_LETTERS', true],
          ['HEDDLE_RESULTS', true],
          ['HEDDLE_DEAD_LETTERS_REJECTED', true],
          ['HEDDLE_DEAD_LETTERS_IMPORTED', true],
          ['HEDDLE_DEAD_LETTERS_JOURNAL', true],
        ],
      );
      assert.equal((await cli('dead-letter', 'enable')).code, 0);
      const differs = await cli('dead-letter', 'enable', '--max-age', '7d');
      assert.equal(differs.code, 1);
      assert.match(differs.stdout, /maxAgeMs: is 30d, asked for 7d/);
      assert.match((await cli('dead-letter', 'enable', '--max-age', '7d')).stdout, /is 30d/, 'nothing was changed');
      assert.equal((await cli('dead-letter', 'enable', '--max-age', '7d', '--yes')).code, 0);
      assert.equal((await cli('dead-letter', 'enable', '--max-age', '7d')).code, 0);
    });

    test('whoever sends tasks and goals is still told that nobody listens', async (t) => {
      const { bus, cli } = await keptBus(t, program);
      assert.equal((await cli('dead-letter', 'enable', '--tasks')).code, 0);
      for (const subject of ['heddle.tasks.incoming', 'heddle.goals.incoming']) {
        await assert.rejects(bus.request(subject, '{}', { timeoutMs: 2000 }), { code: 'nobody_listens' }, subject);
      }
      const ack = await bus.request('heddle.tasks.dead_letter', '{}', { timeoutMs: 2000 });
      assert.match(Buffer.from(ack.data).toString(), /"stream":\s*"HEDDLE_DEAD_LETTERS"/);
    });

    test('a stream of somebody else that keeps the subject is read instead', async (t) => {
      const { bus, cli, json } = await keptBus(t, program);
      const theirs = await openStream({ home: 'jetstream', bus }, 'EVERYTHING');
      await theirs.ensure({ subjects: ['heddle.results.>'] });
      const { streams } = await json('dead-letter', 'enable');
      const results = (streams as { captures: string; kept_by: string[]; kept_subjects: string[] }[]).find(
        (each) => each.captures === 'heddle.results.>',
      );
      assert.deepEqual(results?.kept_by, ['EVERYTHING']);
      assert.deepEqual(results?.kept_subjects, ['heddle.results.>']);
      await theirs.close();
      assert.equal((await cli('dead-letter', 'enable')).code, 0);
    });

    test('where it keeps a part alone, the rest is said not to be kept', async (t) => {
      const { bus, cli, json } = await keptBus(t, program);
      const theirs = await openStream({ home: 'jetstream', bus }, 'HEDDLE_REJECTIONS_JOB');
      await theirs.ensure({ subjects: ['heddle.rejections.Job.>', 'jobs.>'] });
      await theirs.close();
      assert.match(
        (await cli('dead-letter', 'enable')).stdout,
        /kept by HEDDLE_REJECTIONS_JOB already: heddle\.rejections\.Job\.>\n {2}not kept: anything else of heddle\.rejections\.>/,
      );
      const { streams } = await json('dead-letter', 'enable');
      const [rejections] = (streams as { kept_by: string[]; kept_subjects: string[] }[]).filter(
        (each) => each.kept_by.length > 0,
      );
      assert.deepEqual(rejections?.kept_subjects, ['heddle.rejections.Job.>']);
    });

    test('disable says what it would do, insists on an export or on none, and leaves the streams of others', async (t) => {
      const { bus, cli } = await keptBus(t, program);
      await cli('dead-letter', 'enable');
      assert.equal((await cli('dead-letter', 'disable')).code, 1);
      assert.equal((await cli('dead-letter', 'disable', '--yes')).code, 2);
      const gone = await cli('dead-letter', 'disable', '--yes', '--discard');
      assert.equal(gone.code, 0, gone.stderr);
      await assert.rejects(bus.request('heddle.tasks.dead_letter', '{}', { timeoutMs: 2000 }), {
        code: 'nobody_listens',
      });
      assert.equal((await cli('dead-letter', 'disable')).code, 2);
    });
  });
}

test('without JetStream it says so', { skip: SERVERS[0]?.skip ?? false }, async (t) => {
  const { natsServerFor } = await import('../helpers/nats-server.ts');
  const { runCli } = await import('../helpers/fake-io.ts');
  const { url } = await natsServerFor(t);
  const { code, stderr } = await runCli(['dead-letter', 'enable'], { env: { NATS_URL: url } });
  assert.equal(code, 2);
  assert.match(stderr, /JetStream is not enabled/);
});
