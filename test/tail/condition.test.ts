import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isHeddleError } from '../../src/errors.ts';
import { holds, readCondition } from '../../src/tail/condition.ts';
import { PLACES } from '../../src/tail/slips.ts';
import { inProject } from '../helpers/root.ts';
import { recordOf } from './fake.ts';

const message = `{"task_id":"t1","worker_type":"echo","status":"completed","processing_time_ms":12,"error":null,
  "output":{"score":0.5,"items":[{"id":9007199254740993},{"id":2}],"big":12345678901234567890,"a.b":"x","ok":true,
  "__proto__":{"polluted":1},"digits":"10","at":"2026-04-29T12:00:00Z","long":"${'y'.repeat(70_000)}z"}}`;

test('conditions', () => {
  const record = recordOf(message);
  const cases: [string, boolean][] = [
    ['status=completed', true],
    ['status!=completed', false],
    ['status = completed', true],
    ['status==completed', true],
    ['["statu"]', false],
    ['output.score=0.5', true],
    ['output.score=0.50', true],
    ['output.score>0.4', true],
    ['output.score>=0.5', true],
    ['output.score<0.5', false],
    ['output.digits>9', true],
    ['output.at>2026-04-29T11', true],
    ['output.at<2026-04-29T11', false],
    ['output.items[1].id=2', true],
    ['output.items[2].id', false],
    ['output.items[0].id=9007199254740993', true],
    ['output.big=12345678901234567890', true],
    ['output.big=12345678901234567891', false],
    ['output["a.b"]=x', true],
    ['output.ok=true', true],
    ['output.ok=1', false],
    ['error=null', true],
    ['error', true],
    ['output.missing', false],
    ['output.missing=1', false],
    ['output.missing!=1', true],
    ['output.missing!~1', true],
    ['output.missing<1', false],
    ['status~^comp', true],
    ['status~/^COMP/i', true],
    ['status!~^comp', false],
    ['output~score', true],
    ['output.long~y$', true],
    ['output.long~z', false],
    ['output.__proto__.polluted=1', true],
    ['constructor', false],
    ['output.toString', false],
    ['kind=result', true],
    ['subject~default$', true],
    ['size>70000', true],
  ];
  for (const [written, expected] of cases)
    assert.equal(holds(readCondition(written, '--where'), record), expected, written);
});

test('a frame of generation C is asked in the names of B, and in its own', () => {
  const frame = recordOf(
    JSON.stringify({
      payload_type: 'core.TaskResult',
      message_id: 'm',
      payload: { task_id: 't', worker_type: 'echo', status: 'failed' },
      occurred_at: '2026-04-29T12:00:00Z',
    }),
  );
  assert.equal(frame.decoded.generation, 'C');
  for (const written of ['status=failed', 'payload.status=failed', 'message_id=m', 'generation=C']) {
    assert.ok(holds(readCondition(written, '--where'), frame), written);
  }
});

test('slips that would hold for nothing are refused with what was meant; what is near to no name is taken as it is', () => {
  for (const [written, meant] of [
    ['message.status=failed', '"status=failed"'],
    ['message.output.score>1', '"output.score>1"'],
    ['statsu=failed', '"status"'],
    ['Status=failed', '"status"'],
    ['worker_typ', '"worker_type"'],
    ['status=complete', 'status=completed'],
    ['status!=FAILED', 'status!=failed'],
    ['tier==LOCAL', 'tier=local'],
    ['kind=results', 'kind=result'],
  ] as const) {
    assert.throws(
      () => readCondition(written, '--until'),
      (error) => isHeddleError(error) && error.code === 'usage' && error.hint?.includes(meant) === true,
      written,
    );
  }
  const own = ['["statsu"]=failed', 'customer=7', 'status~^comp', 'output.status=complete', 'tier=gpu', 'note=hello'];
  for (const written of own) readCondition(written, '--where');
});

test('every place that Heddle writes is known', () => {
  for (const name of readdirSync(inProject('schemas', 'v1')).filter((each) => !/^(manifest|checkpoint)/.test(each))) {
    const schema = JSON.parse(readFileSync(inProject('schemas', 'v1', name), 'utf8')) as { properties: object };
    for (const place of Object.keys(schema.properties)) assert.ok(PLACES.includes(place), `${name}: ${place}`);
  }
});

test('conditions that are none', () => {
  for (const written of ['', '=x', '.a=1', 'a b', 'a>', 'a~', 'a~(', 'a~/(/i', `a~${'x'.repeat(1001)}`]) {
    assert.throws(
      () => readCondition(written, '--where'),
      (error) => isHeddleError(error) && error.code === 'usage' && error.message.includes('--where'),
      written,
    );
  }
});
