import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputGroup } from '../../src/cli/flags/frame.ts';
import { readFlags } from '../../src/cli/flags/group.ts';
import { openSession } from '../../src/cli/open-session.ts';
import { fakeIo } from '../helpers/fake-io.ts';

test('everything acquired is put away in reverse order, also after one that fails', async () => {
  const io = fakeIo();
  const { session, close } = await openSession('status', 'human', readFlags([outputGroup(['human'])], {}), {}, io);
  const undone: string[] = [];
  session.atEnd(() => void undone.push('first'));
  session.atEnd(() => {
    undone.push('second');
    throw new Error('stuck');
  });
  session.atEnd(async () => {
    undone.push('third');
    throw new Error('stuck too');
  });
  await assert.rejects(close(), /stuck too/);
  assert.deepEqual(undone, ['third', 'second', 'first']);
  io.signal('SIGINT');
  io.signal('SIGINT');
  assert.equal(io.endedWith(), undefined, 'signals are not ours any more');
});
