import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  isPublishSubject,
  isSubjectPart,
  isSubjectToken,
  isSubscribePattern,
  subjectMatches,
} from '../../src/contract/subject-grammar.ts';
import { readQueueGroup, readSubject } from '../../src/contract/subject-meaning.ts';
import * as subjects from '../../src/contract/subjects.ts';
import { isHeddleError } from '../../src/errors.ts';
import { pick, seeded } from './random-json.ts';

describe('names on the wire (CONTRACT 4)', () => {
  test('are byte for byte those of Heddle', () => {
    assert.deepEqual(
      [
        subjects.GOALS_INCOMING,
        subjects.TASKS_INCOMING,
        subjects.TASKS_DEAD_LETTER,
        subjects.CONTROL_RELOAD,
        subjects.RESULTS_DEFAULT,
        subjects.taskSubject('my_worker', 'local'),
        subjects.taskSubject('w', 'any-tier'),
        subjects.resultSubject('goal-1'),
        subjects.schedulerSubject('nightly'),
        subjects.processorsGroup('w'),
        subjects.workersGroup('w'),
        subjects.PIPELINES_GROUP,
        subjects.ORCHESTRATORS_GROUP,
        subjects.ROUTER_GROUP,
      ],
      [
        'heddle.goals.incoming',
        'heddle.tasks.incoming',
        'heddle.tasks.dead_letter',
        'heddle.control.reload',
        'heddle.results.default',
        'heddle.tasks.my_worker.local',
        'heddle.tasks.w.any-tier',
        'heddle.results.goal-1',
        'heddle.scheduler.nightly',
        'processors-w',
        'workers-w',
        'pipelines',
        'orchestrators',
        'router',
      ],
    );
  });
  test('no parent, or an empty one, means default', () => {
    for (const parent of [undefined, null, '']) assert.equal(subjects.resultSubject(parent), 'heddle.results.default');
  });
});

const HOSTILE = [
  '',
  '.',
  'a.b',
  'my worker',
  ' ',
  '*',
  '>',
  'a*',
  'a\n',
  '\na',
  'a\r\nPUB x 0',
  'a\t',
  'a\u0000',
  'ü',
  '\ud800',
  'a\u2028',
  'a'.repeat(129),
  'a/b',
  'a:b',
  '$SYS',
];

describe('the guard of tokens', () => {
  test('lets through what is harmless', () => {
    for (const text of ['a', 'A-z_0', '0', '-', '_', 'a'.repeat(128), 'default', 'incoming'])
      assert.ok(isSubjectToken(text), text);
  });
  for (const text of HOSTILE) {
    test(`refuses ${JSON.stringify(text.slice(0, 20))} everywhere, with a reason`, () => {
      assert.equal(isSubjectToken(text), false);
      assert.ok(subjects.tokenProblem(text));
      throwsWithHint(() => subjects.taskSubject('w', text));
      throwsWithHint(() => subjects.schedulerSubject(text));
    });
  }
});

const CARRIED = [
  'a.b',
  'order.42',
  'größe',
  'a*',
  '>b',
  'a/b',
  'a:b',
  '$SYS',
  'a'.repeat(1024),
  'ß'.repeat(512),
  '日本.語',
];
const NOT_CARRIED = [
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'my worker',
  ' ',
  '*',
  '>',
  'a.*',
  'a.>.b',
  'a\n',
  'a\r\nPUB x 0',
  'a\t',
  'a\u0000',
  'a\u007f',
  '\ud800',
  'a'.repeat(1025),
  'ß'.repeat(513),
];

describe('what others made up', () => {
  for (const text of CARRIED) {
    test(`is carried: ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.ok(isSubjectPart(text));
      assert.equal(subjects.partProblem(text), undefined);
      assert.equal(subjects.taskSubject(text, 'local'), `heddle.tasks.${text}.local`);
      assert.equal(subjects.resultSubject(text), `heddle.results.${text}`);
      assert.equal(subjects.processorsGroup(text), `processors-${text}`);
    });
  }
  for (const text of NOT_CARRIED) {
    test(`is refused where NATS could not carry it, with a reason: ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.equal(isSubjectPart(text), false);
      assert.ok(subjects.partProblem(text));
      throwsWithHint(() => subjects.taskSubject(text, 'local'));
      throwsWithHint(() => subjects.processorsGroup(text));
      throwsWithHint(() => subjects.workersGroup(text));
      if (text !== '') throwsWithHint(() => subjects.resultSubject(text));
    });
  }
});

function throwsWithHint(make: () => string): void {
  assert.throws(
    make,
    (error) =>
      isHeddleError(error) &&
      error.code === 'subject_invalid' &&
      error.hint !== undefined &&
      !/[\u0000-\u001f]/.test(error.message),
  );
}

describe('what NATS takes', () => {
  const rows: [string, publish: boolean, subscribe: boolean][] = [
    ['a', true, true],
    ['a.b.c', true, true],
    ['_INBOX.x-1', true, true],
    ['$SYS.REQ.X', true, true],
    ['ü.ö', true, true],
    ['a*', true, true],
    ['*a.b>', true, true],
    ['>a', true, true],
    ['a.>b', true, true],
    ['*', false, true],
    ['>', false, true],
    ['a.*', false, true],
    ['*.*', false, true],
    ['a.>', false, true],
    ['>.a', false, false],
    ['a.>.b', false, false],
    ['', false, false],
    ['.', false, false],
    ['.a', false, false],
    ['a.', false, false],
    ['a..b', false, false],
    ['a b', false, false],
    [' a', false, false],
    ['a\n', false, false],
    ['a\r\n', false, false],
    ['a\tb', false, false],
    ['a\u0000', false, false],
    ['a\u007f', false, false],
  ];
  for (const [subject, publish, subscribe] of rows) {
    test(JSON.stringify(subject), () => {
      assert.equal(isPublishSubject(subject), publish, 'publish');
      assert.equal(isSubscribePattern(subject), subscribe, 'subscribe');
    });
  }
});

describe('matching', () => {
  const rows: [string, string, boolean][] = [
    ['a', 'a', true],
    ['a', 'b', false],
    ['a', 'ab', false],
    ['ab', 'a', false],
    ['a.b', 'a', false],
    ['a', 'a.b', false],
    ['*', 'a', true],
    ['*', 'a.b', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a', false],
    ['a.*', 'a.b.c', false],
    ['*.b', 'a.b', true],
    ['*.b', 'a.c', false],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.b.d', false],
    ['>', 'a', true],
    ['>', 'a.b.c', true],
    ['a.>', 'a.b', true],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['a.>', 'ab.c', false],
    ['*.>', 'a.b', true],
    ['*.>', 'a', false],
    ['a*', 'ab', false],
    ['a*', 'a*', true],
    ['*b', 'ab', false],
    ['*b', '*b', true],
    ['a.b>', 'a.b>', true],
    ['heddle.>', 'heddle.tasks.incoming', true],
    ['heddle.results.*', 'heddle.results.default', true],
    ['heddle.results.*', 'heddle.results.a.b', false],
  ];
  for (const [pattern, subject, matches] of rows) {
    test(`${pattern} ${matches ? 'takes' : 'leaves'} ${subject}`, () =>
      assert.equal(subjectMatches(pattern, subject), matches));
  }
  test('is what matching token by token is (50,000 pairs, seed 7)', () => {
    const random = seeded(7);
    const name = (wild: readonly string[]) =>
      Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(random, wild)).join('.');
    let hits = 0;
    for (let round = 0; round < 50_000; round += 1) {
      const pattern = name(['a', 'b', 'ab', '*', '*', 'a*']) + (random() < 0.3 ? '.>' : '');
      const subject = name(['a', 'b', 'ab', 'a*']);
      const [p, s] = [pattern.split('.'), subject.split('.')];
      const tail = p.at(-1) === '>';
      const head = tail ? p.slice(0, -1) : p;
      const expected =
        head.every((token, index) => s[index] !== undefined && (token === '*' || token === s[index])) &&
        (tail ? s.length > head.length : s.length === head.length);
      hits += expected ? 1 : 0;
      assert.equal(subjectMatches(pattern, subject), expected, `${pattern} ${subject}`);
    }
    assert.ok(hits > 2000);
  });
});

describe('what a subject means', () => {
  const rows: [string, object][] = [
    ['heddle.goals.incoming', { kind: 'goals_incoming' }],
    ['heddle.tasks.incoming', { kind: 'tasks_incoming' }],
    ['heddle.tasks.dead_letter', { kind: 'dead_letter' }],
    ['heddle.tasks.w.local', { kind: 'task', workerType: 'w', tier: 'local' }],
    ['heddle.tasks.dead_letter.standard', { kind: 'task', workerType: 'dead_letter', tier: 'standard' }],
    ['heddle.tasks.a.b.foo', { kind: 'task', workerType: 'a.b', tier: 'foo' }],
    ['heddle.tasks.x', { kind: 'other' }],
    ['heddle.tasks..standard', { kind: 'other' }],
    ['heddle.tasks.w.', { kind: 'other' }],
    ['heddle.tasks', { kind: 'other' }],
    ['heddle.results.default', { kind: 'result', parentId: 'default' }],
    ['heddle.results.a.b', { kind: 'result', parentId: 'a.b' }],
    ['heddle.results.', { kind: 'other' }],
    ['heddle.control.reload', { kind: 'control', name: 'reload' }],
    ['heddle.control.actor-1', { kind: 'control', name: 'actor-1' }],
    ['heddle.scheduler.s', { kind: 'scheduler', name: 's' }],
    ['heddle.events', { kind: 'other' }],
    ['heddle.events.order.42.closed', { kind: 'event', type: 'order', id: '42', name: 'closed' }],
    ['heddle.commands.order.a.b.close', { kind: 'command', type: 'order', id: 'a.b', name: 'close' }],
    ['heddle.rejections.order.42.denied', { kind: 'rejection', type: 'order', id: '42', name: 'denied' }],
    ['heddle.dedup.a.b', { kind: 'dedup', key: 'a.b' }],
    ['heddle.rejections.order.42', { kind: 'other' }],
    ['heddle.dedup', { kind: 'other' }],
    ['heddle', { kind: 'other' }],
    ['other.tasks.w.local', { kind: 'other' }],
    ['xeddle.results.a', { kind: 'other' }],
    ['', { kind: 'other' }],
  ];
  for (const [subject, meaning] of rows) test(subject, () => assert.deepEqual(readSubject(subject), meaning));

  test('is what was put into it', () => {
    assert.deepEqual(readSubject(subjects.taskSubject('w', 't')), { kind: 'task', workerType: 'w', tier: 't' });
    assert.deepEqual(readSubject(subjects.resultSubject('p')), { kind: 'result', parentId: 'p' });
    assert.deepEqual(readSubject(subjects.schedulerSubject('s')), { kind: 'scheduler', name: 's' });
  });
  test('queue groups', () => {
    assert.deepEqual(readQueueGroup('processors-a-b'), { role: 'processor', name: 'a-b' });
    assert.deepEqual(readQueueGroup('workers-x'), { role: 'llm_worker', name: 'x' });
    assert.deepEqual(
      ['pipelines', 'orchestrators', 'router', 'x', ''].map((group) => readQueueGroup(group).role),
      ['pipeline', 'orchestrator', 'router', 'other', 'other'],
    );
  });
});
