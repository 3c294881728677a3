import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runRouter } from '../../src/router/run.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { dice } from '../helpers/dice.ts';
import { noLeaks } from '../helpers/leaks.ts';
import type { NatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { startProgram } from '../helpers/program.ts';
import { failedResult, keptBus, refusal, SERVERS, task } from './bus.ts';

noLeaks();

const LONG = process.env.HEDDLE_SOAK === '1';

/** Takes everything that is sent to the router, and counts it by its id. */
async function sink(bus: Transport, subject = 'heddle.tasks.incoming'): Promise<Map<string, string[]>> {
  const seen = new Map<string, string[]>();
  bus.subscribe(subject, ({ data }) => {
    const text = Buffer.from(data).toString();
    const id = /"task_id":\s*("(?:[^"\\]|\\.)*"|[^,}]+)/.exec(text)?.[1] ?? '';
    seen.set(id, [...(seen.get(id) ?? []), text]);
  });
  await bus.flush();
  return seen;
}

/** As an operator stops it: what it has confirmed, it hands on. */
async function endInGoodOrder({ pid }: NatsServer): Promise<void> {
  process.kill(pid, 'SIGTERM');
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await pause(5);
  }
}

function sums(seen: ReadonlyMap<string, readonly string[]>): { distinct: number; doubled: number } {
  return { distinct: seen.size, doubled: [...seen.values()].filter((texts) => texts.length > 1).length };
}

interface End {
  state: string;
  remaining: number;
  counts: Record<string, number>;
  operation: string;
}

function endIn(stdout: string): End {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as End;
}

async function fill(bus: Transport, many: number): Promise<void> {
  for (let n = 0; n < many; n += 1) {
    bus.publish('heddle.tasks.dead_letter', refusal(`t-${n}`));
    if (n % 500 === 499) await bus.flush();
  }
  await bus.flush();
}

for (const { name, program, skip } of SERVERS) {
  describe(`replay on ${name}`, { skip }, () => {
    test('the very bytes leave, each once; what was sent is hidden until it fails again', async (t) => {
      const { bus, cli, json } = await keptBus(t, program);
      await cli('dead-letter', 'enable', '--tasks');
      const seen = await sink(bus);
      const odd =
        '{"task_id": 9007199254740993, "_k": {"a": 1}, "worker_type": "ocr", "payload": {"x": NaN, "n": 12345678901234567890, "f": 1.0}}';
      bus.publish(
        'heddle.tasks.dead_letter',
        `{"reason": "rate_limited", "original_task": ${odd}, "task_id": 9007199254740993, "worker_type": "ocr"}`,
      );
      bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
      const work = task('t-2', 'ocr', '{"n":12345678901234567890}');
      bus.publish('heddle.tasks.ocr.standard', work);
      bus.publish('heddle.results.default', failedResult('t-2', 'boom'));
      await bus.flush();
      const { code, stdout, stderr } = await cli('dead-letter', 'replay', '--everything', '--yes', '-o', 'ndjson');
      assert.equal(code, 0, stderr);
      for (const line of stdout.trim().split('\n')) assertKeepsSchema('dead-letter.replay', JSON.parse(line));
      assert.equal(endIn(stdout).counts.sent, 3);
      assert.deepEqual(seen.get('9007199254740993'), [odd]);
      assert.deepEqual(seen.get('"t-2"'), [work]);
      assert.equal((await json('dead-letter', 'groups')).total, 0);
      assert.equal((await json('dead-letter', 'groups')).hidden, 3);
      bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
      await bus.flush();
      const list = await cli('dead-letter', 'list', '-o', 'ndjson');
      const [letter] = list.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual([letter?.task_id, letter?.returns, letter?.state], ['t-1', 1, 'open']);
    });

    test('letters with identical bytes stay distinct', async (t) => {
      const { bus, cli } = await keptBus(t, program);
      await cli('dead-letter', 'enable');
      const seen = await sink(bus);
      for (let n = 0; n < 5; n += 1) bus.publish('heddle.tasks.dead_letter', refusal('same'));
      await bus.flush();
      assert.equal(
        endIn((await cli('dead-letter', 'replay', '--everything', '--yes', '-o', 'ndjson')).stdout).counts.sent,
        5,
      );
      assert.equal(seen.get('"same"')?.length, 5);
    });

    test('nobody listening leaves everything open, and stops with 4', async (t) => {
      const { bus, cli, json } = await keptBus(t, program);
      await cli('dead-letter', 'enable');
      await fill(bus, 100);
      const { code, stdout } = await cli('dead-letter', 'replay', '--everything', '--yes', '-o', 'ndjson');
      assert.equal(code, 4);
      const end = JSON.parse(stdout.trim().split('\n').at(-2) ?? '') as End;
      assert.equal(end.state, 'stopped');
      assert.equal((end.counts.unheard ?? 0) + end.remaining, 100);
      assert.equal((await json('dead-letter', 'groups')).total, 100);
      const seen = await sink(bus);
      const { stdout: resumed } = await cli('dead-letter', 'replay', 'resume', end.operation, '-o', 'ndjson');
      assert.equal(endIn(resumed).counts.sent, 100);
      assert.deepEqual(sums(seen), { distinct: 100, doubled: 0 });
    });

    test('two at once send each once, and their sums add up', async (t) => {
      const { bus, server, cli } = await keptBus(t, program);
      await cli('dead-letter', 'enable');
      const seen = await sink(bus);
      const many = LONG ? 10_000 : 2000;
      await fill(bus, many);
      const env = { NATS_URL: server.url };
      const both = [0, 1].map(() =>
        startProgram(t, ['dead-letter', 'replay', '--kind', 'refusal', '--yes', '-o', 'ndjson'], { env }),
      );
      await Promise.all(both.map(({ ended }) => ended));
      await bus.flush();
      assert.deepEqual(sums(seen), { distinct: many, doubled: 0 });
      let sent = 0;
      for (const each of both) {
        const [plan] = each.lines();
        if (plan?.selected === 0) continue;
        const end = endIn(each.stdout());
        const total = Object.entries(end.counts)
          .filter(([what]) => !/stored|unknown/.test(what))
          .reduce((sum, [, n]) => sum + n, 0);
        assert.equal(total, plan?.selected);
        sent += end.counts.sent ?? 0;
      }
      assert.equal(sent, many);
    });

    test('kill -9 at seeded moments, resumed each time: none lost, none doubled', async (t) => {
      const { bus, server, cli, json } = await keptBus(t, program);
      await cli('dead-letter', 'enable');
      const seen = await sink(bus);
      const many = LONG ? 10_000 : 2000;
      const kills = LONG ? 20 : 5;
      await fill(bus, many);
      const throwDice = dice(LONG ? Date.now() : 42);
      const env = { NATS_URL: server.url };
      let operation = '';
      for (let kill = 0; kill <= kills; kill += 1) {
        const words = operation === '' ? ['--everything', '--yes'] : ['resume', operation];
        const run = startProgram(t, ['dead-letter', 'replay', ...words, '-o', 'ndjson'], { env });
        if (kill < kills) {
          await run.seen(/"outcome":"sent"/);
          await pause(throwDice() * (LONG ? 250 : 120));
          run.kill('SIGKILL');
        }
        const ended = await run.ended;
        operation ||= String((run.lines()[0] as { operation?: string }).operation);
        if (kill === kills || ended !== 'SIGKILL') {
          assert.equal(ended, 0, run.stderr());
          break;
        }
      }
      await bus.flush();
      const shown = await json('dead-letter', 'replay', 'show', operation);
      assertKeepsSchema('dead-letter.replay-show', shown);
      const { sent = 0, uncertain = 0, open = 0 } = shown.counts as Record<string, number>;
      assert.equal(sent + uncertain + open, many);
      assert.equal(uncertain, 0, 'nothing is in doubt: what was written beside each tells');
      assert.deepEqual(sums(seen), { distinct: many, doubled: 0 });
    });

    test('a server that ends and comes back in the middle: none lost, none doubled, what nobody can know is named', async (t) => {
      const { bus, server, cli, json } = await keptBus(t, program);
      await cli('dead-letter', 'enable');
      const many = LONG ? 10_000 : 2000;
      await fill(bus, many);
      const { connect } = await import('../../src/transport/nats.ts');
      const other = await connect({ servers: [server.url], reconnect: true, timeoutMs: 20_000 });
      t.after(() => other.close());
      const seen = await sink(other);
      const run = startProgram(
        t,
        ['dead-letter', 'replay', '--everything', '--yes', '--rate', String(many / 4), '-o', 'ndjson'],
        {
          env: { NATS_URL: server.url },
        },
      );
      await run.seen(/"outcome":"sent"/);
      await pause(800);
      await endInGoodOrder(server);
      await server.start();
      const codes = [await run.ended];
      const { operation } = run.lines()[0] as { operation: string };
      // Whoever is back first may find nobody, or a server that is not ready yet: a resumption goes on later.
      for (let tries = 0; tries < 15 && codes.at(-1) !== 0 && codes.at(-1) !== 1; tries += 1) {
        assert.ok([3, 4, 124].includes(Number(codes.at(-1))), `${codes.join(' ')}: ${run.stderr()}`);
        await pause(1500);
        codes.push((await cli('dead-letter', 'replay', 'resume', operation, '-o', 'ndjson')).code);
      }
      await pause(300);
      const { counts } = (await json('dead-letter', 'replay', 'show', operation)) as { counts: Record<string, number> };
      const { distinct, doubled } = sums(seen);
      assert.equal(doubled, 0);
      assert.equal((counts.sent ?? 0) + (counts.uncertain ?? 0), many, `${codes.join(' ')}: ${run.stderr()}`);
      assert.ok(distinct >= (counts.sent ?? 0), `${distinct} arrived of ${counts.sent} sent`);
      assert.equal(codes.at(-1), (counts.uncertain ?? 0) > 0 ? 1 : 0);
    });
  });
}

describe('replay', { skip: SERVERS[0]?.skip ?? false }, () => {
  test('mended, anew, elsewhere: the change is shown, all else stays character for character', async (t) => {
    const { bus, cli } = await keptBus(t);
    await cli('dead-letter', 'enable');
    const seen = await sink(bus, 'heddle.tasks.>');
    bus.publish('heddle.tasks.dead_letter', refusal('t-1', { payload: '{"n":12345678901234567890,"text":"a"}' }));
    await bus.flush();
    const changed = await cli(
      'dead-letter',
      'replay',
      'd1',
      '--set',
      'text=b',
      '--set-json',
      'deep.x=1.0',
      '--new-id',
      '--to',
      'ocr2.local',
      '--yes',
    );
    assert.equal(changed.code, 0, changed.stderr);
    assert.match(changed.stdout, /- {5,}"text": "a"/);
    assert.match(changed.stdout, /\+ {5,}"text": "b"/);
    const [text] = [...seen.values()].flat().filter((each) => !each.includes('"reason"'));
    assert.match(text ?? '', /"payload":\{"n":12345678901234567890,"text":"b","deep":\{"x":1\.0\}\}/);
    assert.match(text ?? '', /"worker_type":"ocr2"/);
    const sent = JSON.parse(text ?? '') as { task_id: string; model_tier: string; metadata: { replayed_from: string } };
    assert.deepEqual([sent.model_tier, sent.metadata.replayed_from], ['local', 't-1']);
    // Under its new id it is still the same work.
    bus.publish('heddle.tasks.dead_letter', refusal(sent.task_id));
    await bus.flush();
    const list = await cli('dead-letter', 'list', '-o', 'ndjson');
    assert.equal((JSON.parse(list.stdout.split('\n')[0] ?? '') as { returns: number }).returns, 1);
  });

  test('--edit opens the work in an editor, and sends what was left there', async (t) => {
    const { bus, server } = await keptBus(t);
    const env = {
      NATS_URL: server.url,
      EDITOR: `${process.execPath} -e "const f=require('fs'),p=process.argv[1];f.writeFileSync(p,f.readFileSync(p,'utf8').replace('old','new'))"`,
    };
    assert.equal(await startProgram(t, ['dead-letter', 'enable'], { env }).ended, 0);
    const seen = await sink(bus);
    bus.publish('heddle.tasks.dead_letter', refusal('t-1', { payload: '{"text":"old","n":9007199254740993}' }));
    await bus.flush();
    const run = startProgram(t, ['dead-letter', 'replay', 'd1', '--edit', '--yes'], { env });
    assert.equal(await run.ended, 0, run.stderr());
    assert.match(seen.get('"t-1"')?.[0] ?? '', /"text":\s*"new",\s*"n":\s*9007199254740993/);
    const none = startProgram(t, ['dead-letter', 'replay', 'd1', '--edit', '--again', '--yes'], {
      env: { ...env, EDITOR: 'true' },
    });
    assert.equal(await none.ended, 1);
    assert.match(none.stderr(), /nothing was changed/);
  });

  test('poison is not sent round in circles', async (t) => {
    const { bus, cli } = await keptBus(t);
    await cli('dead-letter', 'enable');
    const router = await runRouter(bus, { rules: { tierOverrides: new Map(), rateLimits: new Map() } });
    t.after(() => router.stop(100));
    bus.publish(
      'heddle.tasks.dead_letter',
      '{"reason":"invalid_task_message: x","original_task":{"task_id":"p","worker_type":"ocr"},"task_id":"p","worker_type":"ocr"}',
    );
    await bus.flush();
    for (let round = 0; round < 3; round += 1) {
      const { code, stdout, stderr } = await cli('dead-letter', 'replay', '--everything', '--yes');
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /1 of them would fail again: invalid_task_message/);
      await pause(100);
    }
    const refused = await cli('dead-letter', 'replay', '--everything', '--yes');
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /1 left out: sent again and failed too often \(--max-replays\): d4-/);
    assert.match((await cli('dead-letter', 'show', 'd4')).stdout, /sent again 3 times before it failed/);
    assert.equal(router.counts.received, 3);
  });

  test('rate limited ones drain at a rate that fits the limit, without a new dead letter', async (t) => {
    const { bus, cli, json } = await keptBus(t);
    await cli('dead-letter', 'enable');
    // A token every 20 ms, and little room for a burst: what is faster is refused.
    const rules = {
      tierOverrides: new Map(),
      rateLimits: new Map([['standard', { maxConcurrent: 4, tokensPerMinute: 3000 }]]),
    };
    const router = await runRouter(bus, { rules, refill: 'tokens_per_minute' });
    t.after(() => router.stop(100));
    await fill(bus, 40);
    const { code, stderr } = await cli('dead-letter', 'replay', '--cause', 'rate_limited', '--rate', '25/s', '--yes');
    assert.equal(code, 0, stderr);
    await pause(100);
    assert.deepEqual([router.counts.forwarded, router.counts.deadLettered], [40, 0]);
    assert.equal((await json('dead-letter', 'groups')).total, 0);
  });

  test('--wait follows each to its answer, or to its next failure', async (t) => {
    const { bus, cli } = await keptBus(t);
    await cli('dead-letter', 'enable');
    bus.subscribe('heddle.tasks.incoming', ({ data }) => {
      const { task_id: id } = JSON.parse(Buffer.from(data).toString()) as { task_id: string };
      const failed = failedResult(id, 'boom');
      bus.publish('heddle.results.default', id === 't-1' ? failed : failed.replace('"failed"', '"completed"'));
    });
    await bus.flush();
    await fill(bus, 4);
    const { code, stdout } = await cli(
      'dead-letter',
      'replay',
      '--everything',
      '--yes',
      '--wait',
      '5s',
      '-o',
      'ndjson',
    );
    const { counts } = endIn(stdout);
    assert.deepEqual([counts.completed, counts.failed_again], [3, 1]);
    assert.equal(code, 1);
  });

  test('abort ends it from elsewhere, and a resumption sends the rest', async (t) => {
    const { bus, server, cli } = await keptBus(t);
    await cli('dead-letter', 'enable');
    const seen = await sink(bus);
    await fill(bus, 500);
    const run = startProgram(t, ['dead-letter', 'replay', '--everything', '--yes', '--rate', '20/s', '-o', 'ndjson'], {
      env: { NATS_URL: server.url },
    });
    await run.seen(/"outcome":"sent"/);
    const { operation } = run.lines()[0] as { operation: string };
    assert.equal((await cli('dead-letter', 'replay', 'resume', operation)).code, 3, 'it is running');
    assert.match((await cli('dead-letter', 'replay', 'abort', operation)).stdout, /asked to end/);
    assert.equal(await run.ended, 1);
    assert.equal(endIn(run.stdout()).state, 'aborted');
    assert.equal(
      endIn((await cli('dead-letter', 'replay', 'resume', operation, '--rate', '10000/s', '-o', 'ndjson')).stdout)
        .state,
      'done',
    );
    assert.deepEqual(sums(seen), { distinct: 500, doubled: 0 });
  });

  test('without a choice, and without a yes, nothing is sent', async (t) => {
    const { bus, cli } = await keptBus(t);
    await cli('dead-letter', 'enable');
    const seen = await sink(bus);
    await fill(bus, 3);
    assert.equal((await cli('dead-letter', 'replay', '--yes')).code, 2);
    assert.equal((await cli('dead-letter', 'replay', '--everything')).code, 1);
    assert.equal((await cli('dead-letter', 'replay', '--everything', '--dry-run')).code, 0);
    assert.equal(seen.size, 0);
    const limited = await cli('dead-letter', 'replay', '--everything', '--limit', '2', '--yes');
    assert.match(limited.stdout, /1 left out: beyond --limit/);
    assert.equal(seen.size, 2);
  });
});
