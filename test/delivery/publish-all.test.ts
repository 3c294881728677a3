import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arrival, type Parcel, Sender } from '../../src/delivery/sender.ts';
import type { HeddleError } from '../../src/errors.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';

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
