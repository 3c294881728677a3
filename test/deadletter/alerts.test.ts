import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RecentLetters } from '../../src/letters/recent.ts';
import { systemClock } from '../../src/time/clock.ts';
import { startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { failedResult, keptBus, refusal, SERVERS } from './bus.ts';

noLeaks();

describe('alerts', { skip: SERVERS[0]?.skip ?? false }, () => {
  test('preflight warns from a threshold on, and says how often of what', async (t) => {
    const { bus, cli, json } = await keptBus(t);
    const check = async (
      threshold: string,
    ): Promise<{ status: string; findings: { problem: string; hint: string }[] } | undefined> => {
      const { checks } = (await json('preflight', '--dead-letters-warn', threshold)) as {
        checks: { check: string; status: string; findings: [] }[];
      };
      return checks.find((each) => each.check === 'bus.dead_letters_lately');
    };
    const none = await check('1/10m');
    assert.match(none?.findings[0]?.problem ?? '', /no stream on .* keeps dead letters/);
    await cli('dead-letter', 'enable');
    assert.equal((await check('1/10m'))?.status, 'passed');
    for (let n = 0; n < 3; n += 1) bus.publish('heddle.tasks.dead_letter', refusal(`t-${n}`));
    bus.publish('heddle.results.default', failedResult('t-9', 'boom'));
    await bus.flush();
    const warned = await check('4/10m');
    assert.equal(warned?.status, 'warning');
    assert.match(
      warned?.findings[0]?.problem ?? '',
      /^4 failures in the last 600 s .*: 3 rate_limited ocr, 1 worker_error ocr$/,
    );
    assert.match(warned?.findings[0]?.hint ?? '', /heddle-ts dead-letter groups/);
    assert.equal((await check('5/10m'))?.status, 'passed');
    assert.equal((await cli('preflight', '--dead-letters-warn', '0/10m')).code, 2);
    assert.equal(
      await (async () => (await json('preflight')).checks)().then((all) =>
        JSON.stringify(all).includes('dead_letters_lately'),
      ),
      false,
    );
  });

  test('the stream of tasks that somebody asked for is no warning, and what it costs is said', async (t) => {
    const { cli, json } = await keptBus(t);
    await cli('dead-letter', 'enable', '--tasks');
    const { checks } = (await json('preflight')) as { checks: { check: string; status: string; detail: string }[] };
    const streams = checks.find((each) => each.check === 'bus.streams');
    assert.equal(streams?.status, 'passed');
    assert.match(streams?.detail ?? '', /but HEDDLE_TASKS, .* who sends to a worker is not told when none is there/);
  });

  test('a second count reads only what came since, and forgets what is too old', async (t) => {
    const { bus, cli } = await keptBus(t);
    await cli('dead-letter', 'enable');
    let now = Date.now();
    const recent = new RecentLetters(60_000, { ...systemClock, now: () => now });
    const publish = async (id: string): Promise<void> => {
      bus.publish('heddle.tasks.dead_letter', refusal(id));
      await bus.flush();
    };
    await publish('t-1');
    assert.equal((await recent.count(bus)).total, 1);
    await publish('t-2');
    assert.equal((await recent.count(bus)).total, 2);
    assert.equal((await recent.count(bus)).total, 2);
    await cli('dead-letter', 'disable', '--discard', '--yes');
    await cli('dead-letter', 'enable');
    await publish('t-3');
    assert.equal((await recent.count(bus)).total, 3, 'a stream that was made anew counts from one again');
    now += 120_000;
    assert.equal((await recent.count(bus)).total, 0);
  });

  test('the sidecar serves them by reason and worker', async (t) => {
    const { bus, server, cli } = await keptBus(t);
    await cli('dead-letter', 'enable');
    bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
    await bus.flush();
    const { io, exit } = startCli(
      ['preflight', '--serve', '127.0.0.1:0', '--interval', '200ms', '--dead-letters-warn', '1/10m'],
      { env: { NATS_URL: server.url } },
    );
    await io.seen(/serving (http:\S+)\/livez/);
    const url = /serving (http:\S+)\/livez/.exec(io.out())?.[1] ?? '';
    let text = '';
    for (let tries = 0; tries < 50 && !text.includes('heddle_dead_letters'); tries += 1) {
      text = await (await fetch(`${url}/metrics`)).text();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.match(text, /heddle_dead_letters_recent_by_reason\{reason="rate_limited",worker="ocr"\} 1/);
    assert.match(text, /heddle_dead_letters_recent 1/);
    io.signal('SIGTERM');
    await exit;
  });
});
