import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Journal, type SkipRule } from '../../../src/submit/batch/journal.ts';
import { entryText, type JournalState, STATES } from '../../../src/submit/batch/journal-entries.ts';
import { JournalFile } from '../../../src/submit/batch/journal-file.ts';
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

const intended = (line: number) => ({ line, source: `text ${line}`, id: `t${line}` });

test('what is about to leave stands in the file before anything is said of it', async (t) => {
  const path = fileFor(t);
  const journal = await Journal.open(path, 'sent', createFakeClock());
  await journal.intend([intended(1), intended(2)]);
  const text = readFileSync(path, 'utf8');
  assert.match(
    text,
    /^\{"heddle_ts_journal":2\}\n\{"line":1,"hash":"[0-9a-f]+","state":"sending","task_id":"t1"\}\n\{"line":2,.*\}\n$/,
  );
  journal.record(1, 'text 1', 'sent', 't1');
  assert.equal(readFileSync(path, 'utf8'), text, 'what became of it may wait a moment');
  await journal.intend([intended(3)]);
  assert.match(readFileSync(path, 'utf8'), /"line":1,.*"state":"sent".*\n.*"line":3,.*\n$/);
  await journal.close();
});

test('a run that was killed leaves in doubt what it was about to send, under its ids; nothing else', async (t) => {
  const path = fileFor(t);
  const first = await Journal.open(path, 'sent');
  await first.intend([1, 2, 3].map(intended));
  first.record(2, 'text 2', 'sent', 't2');
  first.record(3, 'text 3', 'unsent', 't3');
  await first.close();
  const next = await Journal.open(path, 'sent');
  assert.deepEqual([next.isDone(1, 'text 1'), next.doubtOf(1)], [false, 't1']);
  assert.deepEqual([next.isDone(2, 'text 2'), next.doubtOf(2)], [true, undefined]);
  assert.deepEqual([next.isDone(3, 'text 3'), next.doubtOf(3)], [false, undefined]);
  assert.throws(() => next.isDone(1, 'another'), { code: 'usage', message: /line 1 differs/ });
  // Sent again under the same id, and certain now.
  await next.intend([intended(1)]);
  next.record(1, 'text 1', 'sent', 't1');
  await next.close();
  const third = await Journal.open(path, 'sent');
  assert.deepEqual([third.isDone(1, 'text 1'), third.doubtOf(1)], [true, undefined]);
  await third.close();
});

test('every state is done by the rules that say so, and by no other', async (t) => {
  const path = fileFor(t);
  const first = await Journal.open(path, 'sent');
  for (const [at, state] of STATES.entries()) first.record(at + 1, 'x', state, 't');
  await first.close();
  const done: Readonly<Record<SkipRule, readonly JournalState[]>> = {
    sent: ['sent', 'completed', 'failed'],
    answered: ['completed', 'failed'],
    completed: ['completed'],
  };
  for (const rule of ['sent', 'answered', 'completed'] as const) {
    const next = await Journal.open(path, rule);
    assert.deepEqual(
      STATES.filter((_, at) => next.isDone(at + 1, 'x')),
      done[rule],
      rule,
    );
    await next.close();
  }
});

test('a journal of an earlier heddle-ts is continued, and an earlier one cannot misread it then', async (t) => {
  const path = fileFor(t);
  const old = '{"heddle_ts_journal":1}\n{"line":1,"hash":"b815378c8f0d","state":"sent","task_id":"t"}\n';
  writeFileSync(path, old);
  const journal = await Journal.open(path, 'sent');
  assert.equal(journal.isDone(1, '{"n":1}'), true);
  await journal.intend([intended(2)]);
  await journal.close();
  const text = readFileSync(path, 'utf8');
  assert.ok(text.startsWith(`${old}{"heddle_ts_journal":2}\n{"line":2,`), text);
  const again = await Journal.open(path, 'sent');
  assert.deepEqual([again.isDone(1, '{"n":1}'), again.doubtOf(2)], [true, 't2']);
  await again.close();
  assert.equal(readFileSync(path, 'utf8'), text, 'it is continued once');
});

test('a journal of a later heddle-ts is refused in words, and left alone', async (t) => {
  const path = fileFor(t);
  writeFileSync(path, '{"heddle_ts_journal":3}\n{"whatever":1}\n');
  await assert.rejects(Journal.open(path, 'sent'), { code: 'usage', message: /by a later heddle-ts.*version 3/ });
  assert.equal(readFileSync(path, 'utf8'), '{"heddle_ts_journal":3}\n{"whatever":1}\n');
});

test('a run that was killed before it had written its first line leaves a journal that can be used', async (t) => {
  const path = fileFor(t);
  writeFileSync(path, '{"heddle_ts_jo');
  const journal = await Journal.open(path, 'sent');
  await journal.intend([intended(1)]);
  await journal.close();
  assert.match(readFileSync(path, 'utf8'), /^\{"heddle_ts_journal":2\}\n\{"line":1,.*\}\n$/);
});

test('two batches on one journal: the second is refused in words, under whatever name, until the first is over', async (t) => {
  const path = fileFor(t);
  const first = await Journal.open(path, 'sent');
  const busy = { code: 'store_busy', message: /^the journal .*: this very process adds to it already; only one may/ };
  await assert.rejects(Journal.open(path, 'sent'), busy);
  const link = join(dirname(path), 'link');
  symlinkSync(path, link);
  await assert.rejects(Journal.open(link, 'sent'), busy);
  const other = await Journal.open(join(dirname(path), 'another'), 'sent');
  await other.close();
  await first.close();
  const next = await Journal.open(path, 'sent');
  await next.close();
  assert.deepEqual(readdirSync(dirname(path)).sort(), ['another', 'done.ndjson', 'link']);
});

test('the claim of a batch that is dead is taken over', async (t) => {
  const path = fileFor(t);
  const first = await Journal.open(path, 'sent');
  const name = readdirSync(dirname(path)).find((each) => each.endsWith('.claim')) ?? '';
  const claim = JSON.parse(readFileSync(join(dirname(path), name), 'utf8')) as object;
  await first.close();
  // No process has this number: it is beyond what Linux gives out.
  writeFileSync(join(dirname(path), name), JSON.stringify({ ...claim, pid: 2 ** 22 + 1, holds: 1 }));
  const next = await Journal.open(path, 'sent');
  await next.close();
  assert.deepEqual(readdirSync(dirname(path)), ['done.ndjson']);
});

test('what another adds, by a way that no claim shows, ends the batch before anything more of it leaves', async (t) => {
  const path = fileFor(t);
  const journal = await Journal.open(path, 'sent');
  await journal.intend([{ line: 1, source: 'one', id: 't1' }]);
  const before = readFileSync(path, 'utf8');
  appendFileSync(path, entryText({ line: 2, key: 1, state: 'sending', taskId: 'theirs' }));
  const refused = { code: 'output_unwritable', message: /something else writes to it, too; only one may$/ };
  await assert.rejects(journal.intend([{ line: 2, source: 'two', id: 'ours' }]), refused);
  await assert.rejects(journal.intend([{ line: 3, source: 'three', id: 't3' }]), refused);
  await journal.close();
  assert.equal(readFileSync(path, 'utf8').slice(0, before.length), before);
  assert.match(readFileSync(path, 'utf8'), /"theirs"}\n$/, 'what is not ours is not taken back');
});

/** A disk whose every step the test decides. */
function slowDisk() {
  const steps: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const step = (name: string): Promise<void> => {
    steps.push(name);
    return new Promise((resolve, reject) => waiting.push((error) => (error === undefined ? resolve() : reject(error))));
  };
  const file = {
    appendFile: (bytes: Uint8Array) => step(`append ${Buffer.from(bytes).toString()}`),
    datasync: () => step('sync'),
    truncate: (size: number) => step(`truncate ${size}`),
    close: () => step('close'),
  };
  const next = async (error?: Error): Promise<void> => {
    await turn();
    waiting.shift()?.(error);
    await turn();
  };
  return { file: file as unknown as FileHandle, steps, next };
}

test('what comes while a write is under way goes together, with one sync', async () => {
  const { file, steps, next } = slowDisk();
  const journal = new JournalFile(
    'j',
    { handle: file, confirm: async () => {}, release: async () => {} },
    0,
    createFakeClock(),
  );
  const done: string[] = [];
  for (const text of 'abc') {
    void journal.now(text).then(() => done.push(text));
    journal.later(text.toUpperCase(), () => assert.fail('it was written'));
  }
  await turn();
  assert.deepEqual(steps, ['append a']);
  await next();
  assert.deepEqual([steps.at(-1), done], ['sync', []]);
  await next();
  assert.deepEqual([steps.at(-1), done], ['append AbBcC', ['a']]);
  await next();
  await next();
  assert.deepEqual(
    [steps, done],
    [
      ['append a', 'sync', 'append AbBcC', 'sync'],
      ['a', 'b', 'c'],
    ],
  );
});

test('a write that fails: everybody who waits for it is told, half of it is taken back, and nothing is written after it', async () => {
  const { file, steps, next } = slowDisk();
  const journal = new JournalFile(
    '/j',
    { handle: file, confirm: async () => {}, release: async () => {} },
    100,
    createFakeClock(),
  );
  const told: string[] = [];
  const waiting = journal.now('abc');
  await next();
  await next();
  await waiting;
  journal.later('note', (error) => told.push(error.message));
  const failing = assert.rejects(journal.now('def'), { code: 'output_unwritable' });
  await next(new Error('ENOSPC: no space left'));
  assert.equal(steps.at(-1), 'truncate 103');
  await next();
  await failing;
  journal.later('more', (error) => told.push(error.message));
  await assert.rejects(journal.now('ghi'), { code: 'output_unwritable' });
  const words = 'cannot write the journal /j: ENOSPC: no space left';
  assert.deepEqual([told, journal.failure?.message], [[words, words], words]);
  await journal.flushed();
  assert.equal(steps.length, 4);
});

test('a device that cannot sync has not failed', async () => {
  const { file, next } = slowDisk();
  const journal = new JournalFile(
    'j',
    { handle: file, confirm: async () => {}, release: async () => {} },
    0,
    createFakeClock(),
  );
  const written = journal.now('a');
  await next();
  await next(Object.assign(new Error('no such thing'), { code: 'EINVAL' }));
  await written;
  assert.equal(journal.failure, undefined);
});

test('two that add at the same moment: whoever finds more than its own does not say that it may leave', async () => {
  const { file, steps, next } = slowDisk();
  const asked: (number | undefined)[] = [];
  const confirm = async (size?: number): Promise<void> => {
    asked.push(size);
    if (asked.length === 2) throw new Error('something else writes to it');
  };
  const journal = new JournalFile('j', { handle: file, confirm, release: async () => {} }, 10, createFakeClock());
  const refused = assert.rejects(journal.now('abc'), { code: 'output_unwritable' });
  await next();
  await next();
  await refused;
  assert.deepEqual(
    [asked, steps],
    [
      [10, 13],
      ['append abc', 'sync'],
    ],
    'and what the other wrote is not taken back',
  );
});
