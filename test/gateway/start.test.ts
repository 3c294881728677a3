import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Interest, Told } from '../../src/gateway/hub/frame.ts';
import type { FrameLog } from '../../src/gateway/hub/frame-log.ts';
import { type Marks, missed, startOf } from '../../src/gateway/hub/start.ts';

// Where a client goes on that comes back, by what its log still has.

const INTEREST: Interest = { owner: 'o', client: 'c', request: undefined };
const NEVER = new AbortController().signal;

/** A log that is at 20, and has all that came behind 10. */
function logWith(more: Partial<FrameLog> = {}): FrameLog {
  return {
    kind: 'memory',
    epoch: 'now',
    last: 20,
    append: async () => {},
    reach: async () => ({ from: 10, to: 20 }),
    replay: async function* () {},
    close: async () => {},
    ...more,
  };
}

const CASES: readonly (readonly [string, Marks, after: number, resumed: boolean, lost: string | undefined])[] = [
  ['a new one: from now on', { left: undefined }, 20, false, undefined],
  ['where it was', { left: 'now-15' }, 15, true, undefined],
  ['where it was, the last place that is complete', { left: 'now-10' }, 10, true, undefined],
  ['where it was, and nothing came since', { left: 'now-20' }, 20, true, undefined],
  ['too long away: what there is, and that some is missing', { left: 'now-9' }, 10, false, 'gap'],
  ['of a log that is no more', { left: 'then-15' }, 20, false, 'restart'],
  ['of a time that was not yet', { left: 'now-21' }, 20, false, 'restart'],
  ['no id of ours', { left: '15' }, 20, false, 'restart'],
  ['named by a request: what came since', { left: undefined, named: 'now-12' }, 12, false, undefined],
  ['named by a request, too long ago', { left: undefined, named: 'now-3' }, 10, false, 'gap'],
  ['named in a log that is no more', { left: undefined, named: 'then-3' }, 20, false, undefined],
  ['where it was comes before where it was named', { left: 'now-15', named: 'now-12' }, 15, true, undefined],
  ['lost, and named since', { left: 'then-15', named: 'now-12' }, 12, false, 'restart'],
];

for (const [name, marks, after, resumed, lost] of CASES) {
  test(name, async () => {
    assert.deepEqual(await startOf(logWith(), INTEREST, marks), { after, resumed, lost });
  });
}

test('while the log is another one nobody knows where a client was', async () => {
  const log = logWith({ reach: async () => undefined });
  assert.deepEqual(await startOf(log, INTEREST, { left: 'now-15' }), { after: 20, resumed: false, lost: 'restart' });
});

test('what somebody missed is told by its events, or not at all', async () => {
  const told: Told = { offset: 16, owner: 'o', client: 'c', request: undefined, event: 'task/progress', data: '{}' };
  const asked: number[] = [];
  const logOf = (...each: readonly (Told | 'gap')[]): FrameLog =>
    logWith({
      replay: async function* (_, after) {
        asked.push(after);
        yield* each;
      },
    });
  assert.deepEqual(await missed(logOf(told, { ...told, event: 'task/result' }), INTEREST, 'now-15', NEVER), [
    'task/progress',
    'task/result',
  ]);
  assert.deepEqual(await missed(logOf(), INTEREST, 'now-20', NEVER), []);
  assert.equal(await missed(logOf(told, 'gap'), INTEREST, 'now-15', NEVER), undefined);
  for (const left of [undefined, 'then-15', 'now-9']) {
    assert.equal(await missed(logOf(told), INTEREST, left, NEVER), undefined);
  }
  assert.deepEqual(asked, [15, 20, 15]);
});
