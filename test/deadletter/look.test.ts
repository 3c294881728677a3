import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noLeaks } from '../helpers/leaks.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { failedResult, keptBus, refusal, SERVERS, task } from './bus.ts';

noLeaks();

/** As Python writes what it refused: NaN, an id that is a number, numbers beyond 2^53, private keys. */
const ODD =
  '{"reason": "invalid_task_message: x", "original_task": {"task_id": 9007199254740993, "_trace_context": {"a": 1}, "payload": {"x": NaN, "n": 12345678901234567890, "f": 1.0}}, "task_id": 9007199254740993, "worker_type": null}';

for (const { name, program, skip } of SERVERS) {
  describe(`groups, list and show on ${name}`, { skip }, () => {
    test('every kind, with its state, its remedy and the very bytes', async (t) => {
      const { bus, cli, json } = await keptBus(t, program);
      await cli('dead-letter', 'enable', '--tasks');
      const work = task('t-2', 'ocr', '{"page":12345678901234567890}');
      bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
      bus.publish('heddle.tasks.dead_letter', refusal('t-1b'));
      bus.publish('heddle.tasks.dead_letter', ODD);
      bus.publish('heddle.tasks.ocr.standard', work);
      bus.publish('heddle.results.default', failedResult('t-2', 'boom 17'));
      bus.publish('heddle.tasks.ocr.standard', task('t-3'));
      bus.publish('heddle.tasks.ocr.standard', task('t-4'));
      bus.publish('heddle.results.default', failedResult('t-4', 'x').replace('"failed"', '"completed"'));
      bus.publish('heddle.results.g.1', failedResult('g.1', "Stage 'a' timed out after 3s", 'pipeline'));
      bus.publish('heddle.rejections.core.g-1.declined', '{"reason":"not now"}');
      await bus.flush();

      const groups = await json('dead-letter', 'groups', '--orphan-after', '1ms');
      assertKeepsSchema('dead-letter.groups', groups);
      const counts = (groups.groups as { kind: string; count: number; reason: string }[]).map((each) => [
        each.kind,
        each.count,
      ]);
      assert.deepEqual(counts[0], ['refusal', 2]);
      assert.deepEqual(counts.map(([kind]) => kind).sort(), [
        'failed_goal',
        'failed_result',
        'orphan',
        'refusal',
        'refusal',
        'rejection',
      ]);

      const list = await cli('dead-letter', 'list', '--orphan-after', '1ms', '-o', 'ndjson');
      const lines = list.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      for (const line of lines) assertKeepsSchema('dead-letter.list', line);
      assert.deepEqual(lines.at(-1)?.shown, 7);
      const idOf = (kind: string, taskId: string): string =>
        lines.find((line) => line.kind === kind && line.task_id === taskId)?.id as string;

      const odd = await json('dead-letter', 'show', idOf('refusal', '9007199254740993'));
      assertKeepsSchema('dead-letter.show', odd);
      assert.equal(Buffer.from(odd.message_base64 as string, 'base64').toString(), ODD);
      assert.equal(
        Buffer.from(odd.original_base64 as string, 'base64').toString(),
        '{"task_id": 9007199254740993, "_trace_context": {"a": 1}, "payload": {"x": NaN, "n": 12345678901234567890, "f": 1.0}}',
      );
      const failed = await json('dead-letter', 'show', idOf('failed_result', 't-2'));
      assert.equal(Buffer.from(failed.original_base64 as string, 'base64').toString(), work);
      assert.equal(failed.replayable, true);
      const goal = await json('dead-letter', 'show', idOf('failed_goal', 'g.1'));
      assert.equal(goal.replayable, false);
      assert.match(String(goal.not_replayable_because), /the goal itself \(g\.1\) was not seen/);
      assert.match(String(goal.instead), /heddle-ts submit --goal .* watch --store <dir> --goals/);
      const plan = await cli('dead-letter', 'replay', '--kind', 'failed_goal', '-n');
      assert.match(plan.stdout, /1 cannot be sent: the goal itself was not seen/);
      assert.match(plan.stdout.replace(/\s+/g, ' '), /→ Send the goal again .* replay <id> --store <dir>/);
      const orphan = await cli('dead-letter', 'show', idOf('orphan', 't-3'));
      assert.match(orphan.stdout, /Nobody answered/);
      assert.match(orphan.stdout, /no worker for it/);
    });

    test('filters narrow, and nothing is cut in silence', async (t) => {
      const { bus, cli } = await keptBus(t, program);
      await cli('dead-letter', 'enable');
      for (let n = 0; n < 30; n += 1)
        bus.publish(
          'heddle.tasks.dead_letter',
          refusal(`t-${n}`, { worker: n % 2 ? 'a' : 'b', payload: `{"n":${n}}` }),
        );
      await bus.flush();
      const shown = async (...flags: string[]): Promise<number> => {
        const { stdout, stderr, code } = await cli('dead-letter', 'list', '-o', 'ndjson', ...flags);
        assert.equal(code, 0, stderr);
        return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { shown: number }).shown;
      };
      assert.equal(await shown(), 30);
      assert.equal(await shown('--worker', 'a'), 15);
      assert.equal(await shown('--where', 'original_task.payload.n>=20'), 10);
      assert.equal(await shown('--where', 'task_id~^t-1\\d$'), 10);
      assert.equal(await shown('--reason', 'RATE_LIMITED', '--kind', 'refusal'), 30);
      assert.equal(await shown('--kind', 'orphan'), 0);
      assert.equal(await shown('--since', '1h'), 30);
      const last = await cli('dead-letter', 'list', '--last', '4');
      assert.equal(last.stdout.trim().split('\n').length, 4);
      assert.match(last.stderr, /26 earlier ones match too/);
    });

    test('what was evicted is part of every answer', async (t) => {
      const { bus, cli, json } = await keptBus(t, program);
      await cli('dead-letter', 'enable', '--max-bytes', '1MiB');
      const payload = JSON.stringify({ text: 'x'.repeat(10_000) });
      for (let n = 0; n < 300; n += 1) bus.publish('heddle.tasks.dead_letter', refusal(`t-${n}`, { payload }));
      await bus.flush();
      const { total, coverage } = (await json('dead-letter', 'groups')) as {
        total: number;
        coverage: { gone: { messages: number }[] };
      };
      assert.equal(total + (coverage.gone[0]?.messages ?? 0), 300);
      assert.match((await cli('dead-letter', 'groups')).stdout, /evicted or removed: \d+ older of HEDDLE_DEAD_LETTERS/);
      const { code, stderr } = await cli('dead-letter', 'show', 'd1');
      assert.equal(code, 2);
      assert.match(stderr, /evicted by a limit, or removed/);
    });
  });
}

test('wrong ids and names are refused in words', { skip: SERVERS[0]?.skip ?? false }, async (t) => {
  const { cli } = await keptBus(t);
  assert.match((await cli('dead-letter', 'groups')).stderr, /no stream .* keeps dead letters[\s\S]*dead-letter enable/);
  await cli('dead-letter', 'enable');
  for (const id of ['x', 'q1-aaaa', 'd99-aaaa']) assert.equal((await cli('dead-letter', 'show', id)).code, 2, id);
  assert.equal((await cli('dead-letter', 'list', '--group', 'NOT')).code, 2);
});
