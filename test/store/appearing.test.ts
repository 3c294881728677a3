import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBucket, openStream } from '../../src/store/open.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const API = '$JS.API.';

/** A cluster in which somebody else makes the stream: its name is taken, and only later questions find it. */
async function clusterIn(t: { after(run: () => unknown): void }, findsAfter: number) {
  const memory = createMemoryBus();
  t.after(() => memory.close());
  const server = await memory.connect();
  let asked = 0;
  const config = { name: 'S', subjects: ['s.>'], retention: 'limits', storage: 'file', num_replicas: 3, max_age: 0 };
  server.subscribe(`${API}>`, ({ subject, reply = '' }) => {
    const verb = subject.slice(API.length);
    const error = (code: number, err_code: number, description: string) => ({ error: { code, err_code, description } });
    const answer = (): object => {
      if (verb.startsWith('STREAM.CREATE.')) return error(400, 10058, 'stream name already in use');
      if (!verb.startsWith('STREAM.INFO.')) return error(404, 10059, 'stream not found');
      asked += 1;
      return asked > findsAfter ? { config, state: {}, created: '' } : error(404, 10059, 'stream not found');
    };
    server.publish(reply, JSON.stringify(answer()));
  });
  await server.flush();
  return await memory.connect();
}

test('a stream or bucket that another replica makes at this moment is waited for, and not said to be absent', async (t) => {
  const clock = createFakeClock();
  const later = async <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => {});
    for (let at = 0; at < 80; at += 1) {
      await clock.advance(100);
      // A question and its answer take some turns.
      for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    return await work;
  };
  const stream = await openStream({ home: 'jetstream', bus: await clusterIn(t, 4), clock }, 'S');
  assert.equal((await later(stream.ensure({ subjects: ['s.>'] }))).made, false);
  const bucket = await openBucket({ home: 'jetstream', bus: await clusterIn(t, 4), clock }, 'S');
  assert.equal((await later(bucket.ensure({}))).made, false);
  const never = await openStream({ home: 'jetstream', bus: await clusterIn(t, 1_000), clock }, 'S');
  await assert.rejects(later(never.ensure({ subjects: ['s.>'] })), /there is no stream "S"/);
});
