import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Journal, type SkipRule } from '../../../src/submit/batch/journal.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { turn } from '../../../src/time/turn.ts';
import { noLeaks } from '../../helpers/leaks.ts';

noLeaks();

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-journal-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'done.ndjson');
}

test('what was done is known to the next run, by its rule', async (t) => {
  const path = fileFor(t);
  const first = await Journal.open(path, 'answered');
  assert.equal(first.isDone(1, 'one'), false);
  first.record(1, 'one', 'completed', 't1');
  first.record(2, 'two', 'failed', 't2');
  first.record(3, 'three', 'sent', 't3');
  assert.equal(first.isDone(1, 'one'), true);
  await first.close();
  const cases: readonly [rule: SkipRule, done: boolean[]][] = [
    ['answered', [true, true, false, false]],
    ['completed', [true, false, false, false]],
    ['sent', [true, true, true, false]],
  ];
  for (const [rule, done] of cases) {
    const next = await Journal.open(path, rule);
    assert.deepEqual(
      ['one', 'two', 'three', 'four'].map((text, at) => next.isDone(at + 1, text)),
      done,
      rule,
    );
    await next.close();
  }
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 5, 'a header and three entries, and nothing twice');
});

test('an entry is in the file a moment later, with those that came meanwhile', async (t) => {
  const path = fileFor(t);
  const clock = createFakeClock();
  const journal = await Journal.open(path, 'answered', clock);
  journal.record(1, 'one', 'completed', 't1');
  await clock.advance(150);
  journal.record(2, 'two', 'completed', 't2');
  await clock.advance(49);
  assert.equal(readFileSync(path, 'utf8'), '');
  assert.equal(clock.waiting, 1);
  await clock.advance(1);
  while (readFileSync(path, 'utf8') === '') await turn();
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 4);
  assert.equal(clock.waiting, 0);
  await journal.close();
});

test('a journal of another input is refused', async (t) => {
  const path = fileFor(t);
  const first = await Journal.open(path, 'answered');
  first.record(1, 'one', 'completed', 't1');
  await first.close();
  const next = await Journal.open(path, 'answered');
  assert.throws(() => next.isDone(1, 'another'), { code: 'usage', message: /line 1 differs/ });
  await next.close();
});

test('a run that was killed in the middle of an entry', async (t) => {
  const path = fileFor(t);
  const first = await Journal.open(path, 'answered');
  first.record(1, 'one', 'completed', 't1');
  await first.close();
  appendFileSync(path, '{"line":2,"hash":"ab');
  const next = await Journal.open(path, 'answered');
  assert.equal(next.isDone(1, 'one'), true);
  assert.equal(next.isDone(2, 'two'), false);
  next.record(2, 'two', 'completed', 't2');
  await next.close();
  const third = await Journal.open(path, 'answered');
  assert.equal(third.isDone(1, 'one'), true);
  assert.equal(third.isDone(2, 'two'), true);
  await third.close();
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 4, 'the torn piece is gone');
});

test('what is no journal is refused and left alone', async (t) => {
  const path = fileFor(t);
  for (const text of [
    '{"a":1}\n',
    'hello',
    '{"heddle_ts_journal":1}\n{"line":0}\n{"line":1}\n',
    '{"heddle_ts_journal":1}\n{"line":0}\n',
    '{"heddle_ts_journal":1}\n{"line":1e15,"hash":"a","state":"sent"}\n{}\n',
  ]) {
    writeFileSync(path, text);
    await assert.rejects(Journal.open(path, 'sent'), { code: 'usage', message: /no journal of heddle-ts/ });
    assert.equal(readFileSync(path, 'utf8'), text);
  }
  await assert.rejects(Journal.open(join(path, 'below'), 'sent'), {
    code: 'usage',
    message: /cannot open the journal/,
  });
});
