import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayEvent } from '../../src/gateway/events.ts';
import { restartFor } from '../../src/gateway/live.ts';
import type { Part } from '../../src/gateway/part.ts';
import { partsOf } from '../../src/gateway/parts/list.ts';
import { Parts } from '../../src/gateway/parts.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { gatewayConfig } from './start.ts';

const CONFIG = gatewayConfig('kind: gateway\n');
const MEANS = { secrets: { env: {}, read: () => assert.fail('no file is read') }, clock: createFakeClock() };

function partsWith(...all: Partial<Part>[]) {
  const clock = createFakeClock();
  const events: GatewayEvent[] = [];
  const whole = all.map((part, at) => ({ name: `part-${at}`, routes: [], contract: () => ({}), ...part }));
  return { clock, events, parts: new Parts(whole, clock, (event) => events.push(event)) };
}

test('a config that one part refuses is in force nowhere', async () => {
  const inForce: string[] = [];
  const { parts } = partsWith(
    { prepare: () => () => void inForce.push('a') },
    { prepare: () => assert.fail('its secret is not there') },
  );
  await assert.rejects(parts.prepare(CONFIG, MEANS), /its secret is not there/);
  assert.deepEqual(inForce, []);
});

test('what one part fails at is told under its name, and the others are told of the answer', async () => {
  const told: unknown[] = [];
  const { parts, events } = partsWith(
    {
      name: 'hub',
      answered: () => {
        throw new Error('the stream is full');
      },
    },
    { answered: async (_, text) => void told.push(text) },
  );
  await parts.answered({ id: 'gw-1' } as never, '{"a":1}');
  assert.deepEqual(told, ['{"a":1}']);
  assert.deepEqual(events, [{ kind: 'part_failed', part: 'hub', reason: 'the stream is full' }]);
});

test('the first part that is not ready says why, by its name', () => {
  const { parts } = partsWith({}, { name: 'mqtt', unready: () => 'no broker can be reached' }, { unready: () => 'b' });
  assert.equal(parts.unready(), 'mqtt: no broker can be reached');
  assert.equal(partsWith({}, {}).parts.unready(), undefined);
});

test('a part that never settles has its share of the grace, and no more', async () => {
  const { parts, clock } = partsWith({ settle: () => new Promise(() => {}) }, { settle: async () => {} });
  let settled = false;
  const settling = parts.settle(5_000).then(() => {
    settled = true;
  });
  await clock.advance(4_999);
  assert.equal(settled, false);
  await clock.advance(1);
  await settling;
});

test('a part that a new config switches on or off, and what it calls fixed, want a restart', () => {
  const [part] = partsOf(() => assert.fail('only described'), CONFIG);
  assert.ok(part !== undefined);
  const fixed = (value: number): Part => ({ ...part, name: 'hub', fixed: () => ({ 'events.ring': value }) });
  assert.deepEqual(restartFor({ config: CONFIG, parts: [part] }, { config: CONFIG, parts: [part] }), []);
  assert.deepEqual(restartFor({ config: CONFIG, parts: [] }, { config: CONFIG, parts: [fixed(1)] }), [
    'hub',
    'events.ring',
  ]);
  assert.deepEqual(restartFor({ config: CONFIG, parts: [fixed(1)] }, { config: CONFIG, parts: [fixed(2)] }), [
    'events.ring',
  ]);
});
