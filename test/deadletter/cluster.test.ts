import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../src/transport/nats.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { startProgram } from '../helpers/program.ts';
import { refusal, SERVERS } from './bus.ts';
import { cluster, untilInStep } from './cluster.ts';

noLeaks();

const LONG = process.env.HEDDLE_SOAK === '1';
const MANY = LONG ? 10_000 : 600;

async function groupsOf(url: string): Promise<Record<string, unknown>> {
  const { stdout } = await runCli(['dead-letter', 'groups', '-o', 'json', '--timeout', '20s'], {
    env: { NATS_URL: url },
  });
  return JSON.parse(stdout) as Record<string, unknown>;
}

for (const { name, program, skip } of SERVERS) {
  test(`three of ${name}: the loss of one in the middle of keeping and of sending again loses and doubles nothing`, {
    skip,
  }, async (t) => {
    const servers = await cluster(t, program);
    const [first, second, third] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
    const urls = servers.map(({ url }) => url);
    const env = { NATS_URL: urls.join(',') };
    const enabled = await runCli(['dead-letter', 'enable', '--replicas', '3', '--timeout', '20s'], { env });
    assert.equal(enabled.code, 0, enabled.stderr);

    // Whoever publishes is on a server that stays; another one goes while the server keeps what comes.
    const bus = await connect({ servers: [second.url], reconnect: true, timeoutMs: 20_000 });
    t.after(() => bus.close());
    for (let n = 0; n < MANY; n += 1) {
      if (n === MANY / 2) await first.kill();
      // Of a leader that is looked for, nobody captures: a sender that asks is told, and sends again.
      for (;;) {
        try {
          await bus.request('heddle.tasks.dead_letter', refusal(`t-${n}`), {
            timeoutMs: 2000,
            headers: { 'Nats-Msg-Id': `m-${n}` },
          });
          break;
        } catch {
          await pause(100);
        }
      }
    }
    // As long as the servers look for a new leader of all, none of them answers for streams.
    let groups = await groupsOf(second.url);
    for (let tries = 0; tries < 20 && groups.ok !== true; tries += 1) {
      await pause(500);
      groups = await groupsOf(second.url);
    }
    assert.equal(groups.total, MANY, JSON.stringify(groups).slice(0, 500));
    await first.start();
    await untilInStep(bus);

    const sink = await connect({ servers: [second.url], reconnect: true, timeoutMs: 20_000 });
    t.after(() => sink.close());
    const seen = new Map<string, number>();
    sink.subscribe('heddle.tasks.incoming', ({ data }) => {
      const id = /"task_id":"([^"]+)"/.exec(Buffer.from(data).toString())?.[1] ?? '';
      seen.set(id, (seen.get(id) ?? 0) + 1);
    });
    await sink.flush();
    const run = startProgram(
      t,
      ['dead-letter', 'replay', '--everything', '--yes', '--rate', String(MANY / 3), '-o', 'ndjson'],
      {
        env: { NATS_URL: second.url },
      },
    );
    await run.seen(/"outcome":"sent"/);
    await pause(700);
    await third.kill();
    assert.equal(await run.ended, 0, run.stderr());
    await sink.flush();
    assert.equal(seen.size, MANY, run.stdout().slice(-2000));
    assert.equal([...seen.values()].filter((times) => times > 1).length, 0);
  });
}
