import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTopology } from '../../src/topology/build-topology.ts';
import {
  type GatewayWord,
  gather,
  HTTP_NONE,
  HTTP_UNASKED,
  type HttpLane,
  readWord,
  wordText,
} from '../../src/topology/http-workers.ts';
import { NOTHING_KEPT } from '../../src/topology/kept.ts';
import { problemsOf } from '../../src/topology/problems.ts';
import { workerTotals } from '../../src/topology/worker-count.ts';
import { client } from './made-up.ts';

const LANE: HttpLane = {
  gateway: 'edge',
  type: 'ocr',
  tier: 'local',
  mode: 'core',
  workers: 1,
  unnamedPolls: 0,
  leases: 0,
  buffered: 0,
  full: false,
};
const GATEWAY = { name: 'heddle-ts gateway edge' };

function word(replica: string, ids: readonly string[], unnamedPolls = 0): GatewayWord {
  const { gateway, workers: _, ...lane } = LANE;
  return {
    gateway,
    replica,
    lanes: [{ ...lane, unnamedPolls, leases: 1, buffered: 2 }],
    workers: ids.map((workerId) => ({ workerId, lanes: ['ocr.local'], connectedBy: 'poll', lastSeen: replica })),
    unlisted: 0,
  };
}

test('what a gateway says comes back as it was said, and nothing else is taken for it', () => {
  const said = word('r1', ['a', 'b'], 3);
  assert.deepEqual(readWord(Buffer.from(wordText(said))), said);
  for (const text of ['', '[]', '{"gateway":1,"replica":"r"}', 'no json']) {
    assert.equal(readWord(Buffer.from(text)), undefined, text);
  }
  const odd = readWord(Buffer.from('{"gateway":"g","replica":"r","lanes":[1,{"leases":"many"}],"workers":{}}'));
  assert.deepEqual([odd?.lanes.length, odd?.lanes[0]?.leases, odd?.workers], [1, 0, []]);
});

test('a worker that asks two replicas is one; what they hold is added up; what cannot be named is unknown', () => {
  const http = gather([word('r1', ['a', 'b'], 1), word('r2', ['b', 'c'], 2)], []);
  assert.deepEqual(
    http.lanes.map(({ workers, unnamedPolls, leases, buffered }) => [workers, unnamedPolls, leases, buffered]),
    [[3, 3, 2, 4]],
  );
  assert.deepEqual(
    http.workers.map(({ workerId, lastSeen }) => [workerId, lastSeen]),
    [
      ['a', 'r1'],
      ['b', 'r2'],
      ['c', 'r2'],
    ],
  );
  assert.deepEqual(http.unknown, []);
  assert.equal(gather([{ ...word('r1', []), unlisted: 4 }], []).unknown.length, 1);
});

const idsAbout = (target: string, ...of: Parameters<typeof problemsOf>) =>
  problemsOf(...of)
    .filter((problem) => problem.target === target)
    .map(({ id, severity }) => [id, severity]);

test('a durable type has no worker on the bus beside it, of whatever group, and no gateway that takes the same in mode core', () => {
  const durable = { ...HTTP_NONE, lanes: [{ ...LANE, mode: 'durable' } as const] };
  const doubled = [['http_worker_doubled', 'error']];
  const native = buildTopology([client(2, ['heddle.tasks.ocr.local @processors-ocr'])]);
  assert.deepEqual(idsAbout('ocr.local', native, NOTHING_KEPT, durable), doubled);
  const every = buildTopology([client(2, ['heddle.tasks.ocr.* @processors-ocr'])]);
  assert.deepEqual(idsAbout('ocr.local', every, NOTHING_KEPT, durable), doubled);
  const otherTier = buildTopology([client(2, ['heddle.tasks.ocr.standard @processors-ocr'])]);
  assert.deepEqual(idsAbout('ocr.local', otherTier, NOTHING_KEPT, durable), []);
  const second = { ...durable, lanes: [...durable.lanes, { ...LANE, gateway: 'other' }] };
  assert.deepEqual(idsAbout('ocr.local', buildTopology([]), NOTHING_KEPT, second), doubled);
  assert.deepEqual(idsAbout('ocr.local', native, NOTHING_KEPT, HTTP_UNASKED), []);
});

test('in mode core processors share, and another group is warned of before a worker over HTTP asks, and told of once when one does', () => {
  const core = { ...HTTP_NONE, lanes: [LANE] };
  const shared = [client(2, ['heddle.tasks.ocr.local @processors-ocr'])];
  assert.deepEqual(idsAbout('ocr.local', buildTopology(shared), NOTHING_KEPT, core), []);
  const other = client(3, ['heddle.tasks.ocr.local @workers-ocr']);
  assert.deepEqual(idsAbout('ocr.local', buildTopology([other]), NOTHING_KEPT, core), [
    ['http_worker_doubled', 'warning'],
  ]);
  const asking = client(
    4,
    ['heddle.tasks.ocr.local @processors-ocr', 'heddle.tasks.dead_letter @gateway-edge'],
    GATEWAY,
  );
  assert.deepEqual(idsAbout('ocr.local', buildTopology([other, asking]), NOTHING_KEPT, core), [
    ['worker_mixed_groups', 'error'],
  ]);
});

test('the stream of a durable type is no mistake while its gateway is there; else it is told what piles up, and how sure that is', () => {
  const kept = { ...NOTHING_KEPT, tasks: ['heddle-tasks-ocr'] };
  const about = (http: Parameters<typeof problemsOf>[2]) =>
    problemsOf(buildTopology([]), kept, http)
      .filter(({ target }) => target === 'heddle-tasks-ocr')
      .map(({ message }) => message);
  const durable = { ...LANE, mode: 'durable' } as const;
  assert.deepEqual(about({ ...HTTP_NONE, lanes: [durable] }), []);
  assert.match(about(HTTP_NONE)[0] ?? '', /no gateway hands them out: they pile up/);
  assert.match(
    about(HTTP_UNASKED)[0] ?? '',
    /whether a gateway hands them out is not known \(the gateways were not asked\): where none does, they pile up/,
  );
  assert.match(about({ ...HTTP_NONE, lanes: [LANE] })[0] ?? '', /gateway edge hands that type out in mode core/);
  assert.match(
    about({ ...HTTP_NONE, lanes: [{ ...durable, full: true }] })[0] ?? '',
    /is full: tasks of ocr .* are refused/,
  );
});

test('a gateway between two subscriptions is one listener, and stands for the workers that it tells of', () => {
  const gateway = client(
    4,
    ['heddle.tasks.ocr.local @processors-ocr #3', 'heddle.tasks.ocr.local @processors-ocr #2'],
    GATEWAY,
  );
  const native = client(5, ['heddle.tasks.ocr.local @processors-ocr']);
  const map = buildTopology([gateway, native]);
  assert.deepEqual(
    map.workers.map(({ replicas, groups }) => [replicas, groups[0]?.received]),
    [[2, 5]],
  );
  assert.deepEqual(workerTotals(map, { ...HTTP_NONE, lanes: [{ ...LANE, workers: 7 }] }), { replicas: 8, types: 1 });
  assert.deepEqual(workerTotals(map, HTTP_UNASKED), { replicas: 2, types: 1 });
  const elsewhere = { ...HTTP_NONE, lanes: [{ ...LANE, type: 'kept', workers: 2, unnamedPolls: 1 }] };
  assert.deepEqual(workerTotals(buildTopology([native]), elsewhere), { replicas: 4, types: 2 });
});
