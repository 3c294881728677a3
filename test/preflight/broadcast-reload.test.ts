import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broadcastReload } from '../../src/preflight/broadcast-reload.ts';
import type { Message, Transport } from '../../src/transport/transport.ts';

/** A bus whose server has delivered to its two actors what `counts` says, one entry a look. */
function busThatDelivers(counts: readonly (readonly [number, number])[]): { bus: Transport; sent: string[] } {
  const sent: string[] = [];
  let look = 0;
  const page = (): Message => {
    const [first, second] = counts[Math.min(look, counts.length - 1)] ?? [0, 0];
    look += 1;
    const connections = [first, second].map((msgs, at) => ({
      cid: at + 2,
      subscriptions: 1,
      subscriptions_list_detail: [{ subject: 'heddle.control.reload', sid: '1', msgs }],
    }));
    const text = JSON.stringify({
      server: { id: 'N' },
      data: { server_id: 'N', total: 2, offset: 0, limit: 1024, connections },
    });
    return { subject: '_INBOX.x', data: new TextEncoder().encode(text) };
  };
  const bus = {
    info: { serverId: 'N', clientId: 1, cluster: undefined },
    publish: (subject: string, data: string) => sent.push(`${subject} ${data}`),
    flush: () => Promise.resolve(),
    requestMany: async function* () {
      yield page();
    },
  } as unknown as Transport;
  return { bus, sent };
}

test('waits until the servers have delivered it to each actor', async () => {
  const { bus, sent } = busThatDelivers([
    [7, 0],
    [7, 0],
    [8, 0],
    [8, 1],
  ]);
  assert.deepEqual(await broadcastReload(bus, { waitMs: 60_000 }), { heard: 2, delivered: 2, reason: undefined });
  assert.deepEqual(sent, ['heddle.control.reload {"action":"reload"}']);
});

test('an actor that never gets it is not counted', async () => {
  const { bus } = busThatDelivers([
    [7, 0],
    [8, 0],
  ]);
  assert.deepEqual(await broadcastReload(bus, { waitMs: 120 }), { heard: 2, delivered: 1, reason: undefined });
});

test('without waiting nothing is known of delivery', async () => {
  const { bus } = busThatDelivers([[0, 0]]);
  assert.deepEqual(await broadcastReload(bus), { heard: 2, delivered: undefined, reason: undefined });
});
