import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsAny, readCondition } from '../../src/tail/condition.ts';
import { Ending, type EndingRules } from '../../src/tail/ending.ts';
import type { MessageRecord } from '../../src/tail/record.ts';
import { recordOf, result } from './fake.ts';

const fine = recordOf(result());
const failed = recordOf(result({ status: 'failed' }));
const dead = recordOf('{"reason":"x","original_task":{}}', { subject: 'heddle.tasks.dead_letter' });
const invalid = recordOf(result(), { lint: { valid: false, shallow: ['x'], full: [] } });
const second = recordOf(result(), {
  pair: { latencyMs: 1, sinceRoutedMs: 1, nth: 2, late: true, stages: undefined },
});
type Step = MessageRecord | 'gap' | 'orphan' | number;

test('every ending, alone and combined', () => {
  const until = [readCondition('status=failed', '')];
  const cases: [EndingRules, readonly Step[], string | undefined][] = [
    [{}, [fine, failed, dead, 'gap', 'orphan', 1e9], undefined],
    [{ count: 2 }, [fine], undefined],
    [{ count: 2 }, [fine, fine], 'count ok'],
    [{ count: 1, expect: 2 }, [fine], 'count no'],
    [{ count: 2, expect: 2 }, [fine, fine], 'count ok'],
    [{ forMs: 100 }, [99], undefined],
    [{ forMs: 100 }, [100], 'for ok'],
    [{ forMs: 100, expect: 1 }, [100], 'for no'],
    [{ forMs: 100, expect: 1 }, [fine, 100], 'for ok'],
    [{ idleMs: 50 }, [40, fine, 80], undefined],
    [{ idleMs: 50 }, [40, fine, 90], 'idle ok'],
    [{ idleMs: 50, forMs: 60 }, [40, fine, 60], 'for ok'],
    [{ until }, [fine, failed], 'until ok'],
    [{ until, forMs: 10 }, [fine, 10], 'for no'],
    [{ until, count: 2 }, [fine, fine], 'count no'],
    [{ until, expect: 5 }, [failed], 'until no'],
    [{ failOn: ['failed'] }, [fine, dead, failed], 'fail_on no'],
    [{ failOn: ['failed'], until }, [failed], 'fail_on no'],
    [{ failOn: ['failed', 'dead_letter'], count: 1 }, [dead], 'fail_on no'],
    [{ failOn: ['invalid'] }, [fine, invalid], 'fail_on no'],
    [{ failOn: ['duplicate'] }, [fine, second], 'fail_on no'],
    [{ failOn: ['late'] }, [fine, second], 'fail_on no'],
    [{ failOn: ['orphan'] }, [fine, 'orphan'], 'fail_on no'],
    [{ failOn: ['unknown'] }, [recordOf('x')], 'fail_on no'],
    [{ failOn: ['retry'] }, [recordOf(result({ status: 'retry' }))], 'fail_on no'],
    [{ failOnGap: true }, [fine, 'gap'], 'gap no'],
  ];
  for (const [rules, steps, expected] of cases) {
    const ending = new Ending(rules);
    ending.start(0);
    let now = 0;
    let end: ReturnType<Ending['tick']>;
    for (const step of steps) {
      if (step === 'gap') end ??= ending.gap('stale');
      else if (step === 'orphan') end ??= ending.orphaned();
      else if (typeof step === 'number') {
        now = step;
        end ??= ending.tick(now);
      } else end ??= ending.passed(step, now, holdsAny(rules.until ?? [], step));
    }
    assert.equal(end && `${end.cause} ${end.answer}`, expected, JSON.stringify(rules));
    if (end?.answer === 'no') assert.ok(end.because, 'a no has its reason');
  }
});

test('when to look again', () => {
  const ending = new Ending({ forMs: 100, idleMs: 30 });
  ending.start(1000);
  assert.equal(ending.nextTick(), 1030);
  ending.passed(fine, 1080, false);
  assert.equal(ending.nextTick(), 1100);
  assert.equal(new Ending({}).nextTick(), Number.POSITIVE_INFINITY);
});
