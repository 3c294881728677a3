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
      const results = (streams as { captures: string; kept_by: string[] }[]).find(
        (each) => each.captures === 'heddle.results.>',
      );
      assert.deepEqual(results?.kept_by, ['EVERYTHING']);
      await theirs.close();
      assert.equal((await cli('dead-letter', 'enable')).code, 0);
    });

    test('a stream of somebody else may be called what none of ours is', async (t) => {
      const { bus, json } = await keptBus(t, program);
      const name = 'größe:alt';
      const config = JSON.stringify({ name, subjects: ['heddle.results.>'], storage: 'memory' });
      await bus.request(`$JS.API.STREAM.CREATE.${name}`, config, { timeoutMs: 10_000 });
      const { streams } = await json('dead-letter', 'enable');
      const theirs = (streams as { kept_by: string[]; partly: boolean }[]).filter(({ kept_by: by }) => by.length > 0);
      assert.deepEqual(
        theirs.map(({ kept_by: by, partly }) => [by, partly]),
        [[[name], false]],
      );
    });

    test('where somebody else keeps a part of it, that is not called all of it', async (t) => {
      const { bus, cli, json } = await keptBus(t, program);
      const queue = await openStream({ home: 'jetstream', bus }, 'heddle-tasks-ocr');
      await queue.ensure({ subjects: ['heddle.tasks.ocr.local'] });
      await queue.close();
      const { code, stdout, stderr } = await cli('dead-letter', 'enable', '--tasks');
      assert.equal(code, 1);
      assert.match(stdout, /^not made HEDDLE_TASKS .*: heddle-tasks-ocr keeps some of these subjects/m);
      assert.doesNotMatch(stdout + stderr, /--yes|already|counts as a listener/);
      const { ok, streams } = await json('dead-letter', 'enable', '--tasks');
      assertKeepsSchema('dead-letter.enable', { schema_version: 1, ok, streams });
      assert.equal(ok, false);
      assert.deepEqual(
        (streams as { name: string; partly: boolean }[]).filter(({ partly }) => partly).map(({ name }) => name),
        ['HEDDLE_TASKS'],
      );
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
