import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect as bareConnect } from 'nats';
import { openBucket, openStream, type Place } from '../src/store/open.ts';
import { openHistory } from '../src/tail/history.ts';
import { connect } from '../src/transport/nats.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { judge } from './budget.ts';

// What each home keeps and gives back in a second. What JetStream takes is measured against the official client over a
// connection of its own, in the same run.

const MESSAGES = 100_000;
const VALUES = 30_000;
const AT_ONCE = 2000;
const BODY = Buffer.alloc(300, 'x');

const path = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
const program = findNatsServer();
const server =
  program === undefined ? undefined : await startNatsServer({ config: 'jetstream { store_dir: "FOLDER" }' });
const bus = server && (await connect({ servers: [server.url], reconnect: true }));
const homes: Place[] = [{ home: 'memory' }, { home: 'directory', path }];
if (bus !== undefined) homes.push({ home: 'jetstream', bus });

const perSecond = (count: number, ms: number): number => Math.round((count / ms) * 1000);

/** So many, with never more than `AT_ONCE` under way; how long it took. */
async function pipelined(count: number, one: (n: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let n = next++; n < count; n = next++) await one(n);
    }),
  );
  return performance.now() - start;
}

let appendRate = 0;
for (const place of homes) {
  const stream = await openStream(place, 'BENCH');
  await stream.ensure({ subjects: ['bench.*'], maxBytes: 1024 * 1024 * 1024 });
  const appended = await pipelined(MESSAGES, (n) => stream.append(BODY, { subject: 'bench.a', id: String(n) }));
  appendRate = perSecond(MESSAGES, appended);
  let alone = 0;
  const from = performance.now();
  while (performance.now() - from < 500) {
    await stream.append(BODY, { subject: 'bench.b' });
    alone += 1;
  }
  const start = performance.now();
  let read = 0;
  for await (const entry of stream.read({ until: 'now', subject: 'bench.a' })) if (entry.kind === 'kept') read += 1;
  const ms = performance.now() - start;
  if (read !== MESSAGES) throw new Error(`${place.home}: ${read} of ${MESSAGES} were read`);

  const bucket = await openBucket(place, 'bench');
  await bucket.ensure({ ttlMs: 3_600_000 });
  const puts = perSecond(VALUES, await pipelined(VALUES, (n) => bucket.put(`req.${n}`, BODY)));
  console.log(
    `${place.home.padEnd(10)} appends ${appendRate}/s pipelined, ${alone * 2}/s one after the other; ` +
      `${MESSAGES} listed in ${Math.round(ms)} ms, ${perSecond(MESSAGES, ms)}/s ${judge('store', `${place.home} lists`, ms)}; ` +
      `bucket ${puts} puts/s ${judge('store', `${place.home} puts`, puts)}`,
  );
  await stream.close();
  await bucket.close();
}

if (server !== undefined && bus !== undefined) {
  const bare = await bareConnect({ servers: server.url });
  const client = jetstream(bare);
  await (await client.jetstreamManager()).streams.add({ name: 'BARE', subjects: ['bare'] });
  const ms = await pipelined(MESSAGES, (n) => client.publish('bare', BODY, { msgID: String(n) }));
  await bare.close();
  const ratio = appendRate / perSecond(MESSAGES, ms);
  console.log(
    `the bare client publishes ${perSecond(MESSAGES, ms)}/s; ours is ${ratio.toFixed(2)} of it ${judge('store', 'appends to JetStream', ratio)}`,
  );
  const start = performance.now();
  const history = await openHistory(bus, { patterns: ['bench.a', 'bare'], from: { since: 0 } });
  let told = 0;
  for await (const { data } of history.messages()) told += data.length > 0 ? 1 : 0;
  await history.close();
  console.log(`tail's past: ${told} of two streams merged, ${perSecond(told, performance.now() - start)}/s`);
}

await bus?.close();
await server?.stop();
rmSync(path, { recursive: true, force: true });
