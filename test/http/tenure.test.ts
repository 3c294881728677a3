import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tenure, type Withdrawn } from '../../src/http/tenure.ts';

test('what goes on is told once, when one of the things it takes is held no more, and nobody else is', () => {
  const tenure = new Tenure('token', new Set(['events', 'work', 'work:ocr']));
  const told: [string, Withdrawn][] = [];
  const begin = (name: string, ...needs: string[][]) => tenure.onLack(needs, (why) => told.push([name, why]));
  begin('nothing');
  begin('events', ['events']);
  begin('either', ['work'], ['work:ocr', 'work:*']);
  const undo = begin('undone', ['work']);
  assert.deepEqual(told, []);
  undo();
  tenure.hold(new Set(['events', 'work', 'work:*', 'admin']));
  assert.deepEqual(told, [], 'one of several is enough');
  begin('never held', ['submit']);
  tenure.hold(new Set(['events', 'work', 'submit']));
  tenure.hold(new Set(['events', 'work', 'work:ocr']));
  assert.deepEqual(told.splice(0), [
    ['never held', { reason: 'forbidden', scope: 'submit' }],
    ['either', { reason: 'forbidden', scope: 'work:ocr' }],
  ]);
  tenure.end();
  tenure.hold(new Set(['events']));
  begin('too late', ['events']);
  const over: Withdrawn = { reason: 'unauthenticated', scope: undefined };
  assert.deepEqual(told, [
    ['nothing', over],
    ['events', over],
    ['too late', over],
  ]);
  assert.ok(tenure.isOver && tenure.isIdle);
  const session = new Tenure('session', new Set());
  session.end();
  assert.equal(session.lack([])?.reason, 'session_over');
});
