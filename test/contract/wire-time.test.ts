import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWireTime, readWireTime } from '../../src/contract/wire-time.ts';

// Both answer the same question, one of them by shortcuts that remember the last day: no order of questions may part them.

const SEEDS = [
  '2026-04-29T12:00:00Z',
  '2026-04-29T12:00:00.123456Z',
  '2026-04-29T23:59:59.1Z',
  '2026-02-29T00:00:00Z',
  '2024-02-29T00:00:00+02:00',
  '2026-04-29T12:00',
  '0000-01-01T00:00:00Z',
  '2026-04-29 12:00:00',
];
const PIECES = ['0', '9', '5', '6', ':', '.', 'Z', 'T', '-', '+', ' ', '٣', ''];

test('isWireTime says what readWireTime says, whatever was asked before', () => {
  let state = 20_260_429;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  let accepted = 0;
  for (let round = 0; round < 60_000; round += 1) {
    let text = SEEDS[below(SEEDS.length)] as string;
    for (let times = below(3); times > 0; times -= 1) {
      const at = below(text.length + 1);
      text = text.slice(0, at) + PIECES[below(PIECES.length)] + text.slice(at + below(2));
    }
    const read = readWireTime(text) !== undefined;
    assert.equal(isWireTime(text), read, JSON.stringify(text));
    if (read) accepted += 1;
  }
  assert.ok(accepted > 10_000 && accepted < 50_000, `${accepted} accepted`);
});
