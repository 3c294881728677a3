import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { HeddleError } from '../../../src/errors.ts';
import { openBucket, openStream } from '../../../src/store/open.ts';
import type { Kept } from '../../../src/store/stream.ts';
import { connect } from '../../../src/transport/nats.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { assertAccounted, entriesNow, iterate, numbers, readNow, take } from '../gather.ts';

noLeaks();

const real = { skip: skipWithoutNatsServer() };

interface Behind {
  /** A bus on which the copy that consumers read has nothing but these subjects. */
  readonly bus: Transport;
  /** The same server as it is. */
  readonly plain: Transport;
  forbid(): void;
}

/**
 * A server as one of three that are not in step: its streams are said to be kept on three, and whoever makes a consumer gets one that
 * has only what is of `has`. What a stream says of itself and single messages come from all that it keeps, as from a leader.
 */
async function behind(t: TestContext, has: string): Promise<Behind> {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER" }' });
  const plain = await connect({ servers: [server.url] });
  t.after(() => plain.close());
  let forbidden = false;
  const request: Transport['request'] = async (subject, data, options) => {
    if (forbidden && subject.startsWith('$JS.API.STREAM.MSG.GET.')) {
      throw new HeddleError('permission_denied', 'you may not');
    }
    const asked = subject.startsWith('$JS.API.CONSUMER.CREATE.');
    const answer = await plain.request(
      asked ? subject.split('.').slice(0, 5).join('.') : subject,
      asked ? behindOf(data, has) : data,
      options,
    );
    if (!subject.startsWith('$JS.API.STREAM.INFO.')) return answer;
    const info = Buffer.from(answer.data).toString().replace('"num_replicas":1', '"num_replicas":3');
    return { ...answer, data: Buffer.from(info) };
  };
  const bus = new Proxy(plain, {
    get: (target, name) => {
      if (name === 'request') return request;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const forbid = (): void => {
    forbidden = true;
  };
  return { bus, plain, forbid };
}

/** As `has`, what the copy has not got is of another subject: the consumer of a copy that is behind passes it over. */
function behindOf(data: Uint8Array | string, has: string): string {
  const { config, ...rest } = JSON.parse(Buffer.from(data as Uint8Array).toString()) as { config: object };
  return JSON.stringify({ ...rest, config: { ...config, filter_subject: has } });
}

/** Messages 1 to `count`; those of `late` are what the copy has not got. */
async function filled(plain: Transport, count: number, late: readonly number[]): Promise<void> {
  const stream = await openStream({ home: 'jetstream', bus: plain }, 'S');
  await stream.ensure({ subjects: ['s.>'] });
  for (let n = 1; n <= count; n += 1) {
    await stream.append(String(n), {
      subject: late.includes(n) ? 's.late' : 's.there',
      id: `m-${n}`,
      headers: { N: `${n}` },
    });
  }
}

test('what the copy that is read has not got yet comes from the leader, in its place and as it is', real, async (t) => {
  const { bus, plain } = await behind(t, 's.there');
  await filled(plain, 40, [7, 8, 20, 38, 39, 40]);
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  const all = await entriesNow(stream);
  assertAccounted(all, 1, 40);
  const whole = await entriesNow(await openStream({ home: 'jetstream', bus: plain }, 'S'));
  assert.deepEqual(all.map(comparable), whole.map(comparable));
  assert.deepEqual(await readNow(stream, { from: { seq: 39 } }), ['39', '40']);
  const at = (whole[38] as Kept).at;
  assert.deepEqual(
    await readNow(stream, { from: { time: at } }),
    whole.filter((each) => (each as Kept).at >= at).map((each) => String((each as Kept).seq)),
  );
  const following = iterate(stream.read());
  assert.deepEqual(await take(following, 37), numbers(1, 37));
  await following.return?.();
});

test('what was removed is a gap all the same, and is told from what is late', real, async (t) => {
  const { bus, plain } = await behind(t, 's.there');
  await filled(plain, 20, [5, 6, 12, 20]);
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  await stream.remove([4, 5, 11, 13]);
  await stream.purge({ before: 3 });
  assert.deepEqual(await readNow(stream), [
    '3',
    'gap 4-5',
    '6',
    '7',
    '8',
    '9',
    '10',
    'gap 11-11',
    '12',
    'gap 13-13',
    ...numbers(14, 20),
  ]);
});

test('of some subjects the end comes from the leader', real, async (t) => {
  const { bus, plain } = await behind(t, 's.there');
  await filled(plain, 10, [9, 10]);
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  assert.deepEqual(await readNow(stream, { subject: 's.*' }), numbers(1, 10));
  assert.deepEqual(await readNow(stream, { subject: 's.there' }), numbers(1, 8));
});

test('who may not ask the leader is told what did not come', real, async (t) => {
  const { bus, plain, forbid } = await behind(t, 's.there');
  await filled(plain, 10, [4, 9, 10]);
  forbid();
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  const gaps = (await entriesNow(stream)).filter(({ kind }) => kind === 'gap');
  assert.deepEqual(gaps, [
    { kind: 'gap', from: 4, to: 4, unread: true },
    { kind: 'gap', from: 9, to: 10, unread: true },
  ]);
});

test('an exact bucket is current when it has told what the leader had, each once', real, async (t) => {
  const { bus, plain } = await behind(t, '$KV.b.a');
  const written = await openBucket({ home: 'jetstream', bus: plain }, 'b');
  await written.ensure({});
  await written.put('a', '1');
  await written.put('c', '2');
  await written.put('gone', '3');
  await written.delete('gone');
  const bucket = await openBucket({ home: 'jetstream', bus, exact: true }, 'b');
  const told: string[] = [];
  for await (const change of bucket.watch()) {
    if (change.kind === 'current') break;
    told.push(change.key);
  }
  assert.deepEqual(told, ['a', 'c']);
});

function comparable(entry: Awaited<ReturnType<typeof entriesNow>>[number]): unknown {
  if (entry.kind === 'gap') return entry;
  return { ...entry, data: Buffer.from(entry.data).toString(), headers: { ...entry.headers } };
}
