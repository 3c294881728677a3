import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHeddleError } from '../../src/errors.ts';
import { covers, overlap, patternsOf, type SubjectChoice } from '../../src/tail/subjects.ts';

test('what is followed', () => {
  const usual = ['heddle.results.>', 'heddle.tasks.dead_letter'];
  const cases: [SubjectChoice, readonly string[]][] = [
    [{}, usual],
    [{ tasks: true }, ['heddle.results.>', 'heddle.tasks.>']],
    [{ goals: true, control: true }, ['heddle.control.>', 'heddle.goals.>', ...usual]],
    [{ all: true, tasks: true }, ['heddle.>']],
    [{ subjects: ['heddle.events'] }, ['heddle.events']],
    [{ subjects: ['heddle.events', 'heddle.events'], goals: true }, ['heddle.events', 'heddle.goals.>']],
    [{ subjects: ['heddle.tasks.*.local', 'heddle.tasks.echo.*'] }, ['heddle.tasks.*.local', 'heddle.tasks.echo.*']],
    [{ subjects: ['>'], anySubject: true }, ['>']],
  ];
  for (const [choice, patterns] of cases) assert.deepEqual(patternsOf(choice), patterns, JSON.stringify(choice));
});

test('what cannot be followed', () => {
  for (const subject of ['', 'a b', 'heddle..x', 'heddle.>.x', '>', 'other.subject', 'heddle', 'heddle.x\r\nPUB']) {
    assert.throws(
      () => patternsOf({ subjects: [subject] }),
      (error) => isHeddleError(error) && error.code === 'usage',
      subject,
    );
  }
});

test('one pattern within another, and patterns that meet', () => {
  const cases: [string, string, covered: boolean, meet: boolean][] = [
    ['heddle.>', 'heddle.results.*', true, true],
    ['heddle.results.*', 'heddle.>', false, true],
    ['a.*', 'a.b', true, true],
    ['a.*', 'a.b.c', false, false],
    ['a.*.c', 'a.b.*', false, true],
    ['a.>', 'a', false, false],
    ['*', '>', false, true],
    ['a.b', 'a.c', false, false],
  ];
  for (const [one, other, covered, meet] of cases) {
    assert.equal(covers(one, other), covered, `${one} covers ${other}`);
    assert.equal(overlap(one, other), meet, `${one} meets ${other}`);
    assert.equal(overlap(other, one), meet, `${other} meets ${one}`);
  }
});
