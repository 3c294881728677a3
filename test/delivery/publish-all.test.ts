import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { type Arrival, type Parcel, Sender } from '../../src/delivery/sender.ts';
import type { HeddleError } from '../../src/errors.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';
import { connect } from '../../src/transport/nats.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';

noLeaks();

/** What became of each, in order. */
async function fatesOf(sender: Sender, subjects: readonly string[], between = () => {}): Promise<string[]> {
  const told = subjects.map((subject) => {
    let parcel: Parcel | undefined;
    const fate = new Promise<string>((resolve) => {
      parcel = {
        subject,
        text: '{}',
        steps: {},
        arrived: ({ heard }: Arrival) => resolve(heard),
        failed: (thrown) => resolve((thrown as { code: string }).code),
      };
    });
    return { parcel: parcel ?? assert.fail(), fate };
  });
  sender.publishAll(told.map(({ parcel }) => parcel));
  between();
  return await Promise.all(told.map(({ fate }) => fate));
}

for (const bus of BUSES) {
  test(`${bus.name}: of many that leave together, each is told of for itself`, { skip: bus.skip }, async (t) => {
    const { connect } = await bus.start(t);
    const [hearer, client] = await Promise.all([connect(), connect()]);
    hearer.subscribe('heard', () => {});
    await hearer.flush();
    const sender = new Sender(client);
    t.after(() => sender.close());
    assert.deepEqual(await fatesOf(sender, ['heard', 'unheard', 'heard', '']), ['yes', 'no', 'yes', 'subject_invalid']);
  });
}

test('one that is refused, and what somebody else was refused meanwhile, is no matter of the others', async (t) => {
  const users = [{ user: 'u', password: 'p', permissions: { publish: { deny: ['denied', 'other'] } } }];
  const bus = createMemoryBus({ users });
  t.after(() => bus.close());
  const client = await bus.connect({ auth: { user: 'u', password: 'p' } });
  client.subscribe('heard', () => {});
  const sender = new Sender(client);
  t.after(() => sender.close());
  const fates = await fatesOf(sender, ['heard', 'denied', 'heard'], () => client.publish('other', '{}'));
  assert.deepEqual(fates, ['yes', 'permission_denied', 'yes']);
  assert.deepEqual(await fatesOf(sender, ['heard'], () => client.publish('other', '{}')), ['yes']);
  // Nor where each leaves by itself, and they share the word of the server.
  const alone = ['denied', 'denied', 'heard', 'denied', 'heard'].map((subject) =>
    sender.publish(subject, '{}').then(
      ({ heard }) => heard,
      (thrown: HeddleError) => thrown.code,
    ),
  );
  client.publish('other', '{}');
  const refused = 'permission_denied';
  assert.deepEqual(await Promise.all(alone), [refused, refused, 'yes', refused, 'yes']);
});

const USER = { user: 'u', password: 'p' };
/** What a server writes as escapes where it says what it refuses. */
const QUOTED = ['a"b', 'a\\b', 'gr\u00f6\u00dfe', 'a\u200bb', '\u6ce8\u6587', 'a\u{e0001}b'];

for (const { name, skip, start } of [
  {
    name: 'the built-in broker',
    skip: false as const,
    start: async (t: TestContext) => {
      const broker = await startBroker({ users: [{ ...USER, permissions: { publish: { allow: ['heard'] } } }] });
      t.after(() => broker.close());
      return broker.url;
    },
  },
  {
    name: 'nats-server',
    skip: skipWithoutNatsServer(),
    start: async (t: TestContext) => {
      const permissions = 'permissions: { publish: { allow: ["heard"] } }';
      const config = `authorization { users: [{ user: u, password: p, ${permissions} }] }\n`;
      return (await natsServerFor(t, { config })).url;
    },
  },
]) {
  test(`${name}: what is refused is known by its subject, whatever that is made of`, { skip }, async (t) => {
    const client = await connect({ servers: [await start(t)], auth: USER });
    t.after(() => client.close());
    const sender = new Sender(client);
    for (const subject of QUOTED) {
      await assert.rejects(sender.publish(subject, '{}'), { code: 'permission_denied' }, subject);
      assert.deepEqual(await fatesOf(sender, [subject]), ['permission_denied'], subject);
    }
    sender.close();
  });
}
