import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusModel } from '../../src/top/model.ts';
import { busProblems } from '../../src/top/problems.ts';
import { rolesOf } from '../../src/top/roles.ts';
import { workerRows } from '../../src/top/workers.ts';
import { buildTopology } from '../../src/topology/build-topology.ts';
import { HTTP_NONE, HTTP_UNASKED, type HttpWorkers } from '../../src/topology/http-workers.ts';
import { NOTHING_KEPT } from '../../src/topology/kept.ts';
import { client } from '../topology/made-up.ts';

const lane = (type: string, workers: number, mode: 'core' | 'durable') => ({
  ...{ gateway: 'edge', type, tier: 'standard', mode, workers },
  ...{ unnamedPolls: 0, leases: 0, buffered: 0, full: false },
});

function modelWith(http: HttpWorkers): BusModel {
  const model = new BusModel({ now: 0, url: 'nats://localhost:4222', orphanAfterMs: 1_000 });
  const map = buildTopology([
    client(1, ['heddle.tasks.ocr.standard @processors-ocr']),
    client(2, ['heddle.tasks.ocr.standard @processors-ocr', 'heddle.tasks.dead_letter @gateway-edge'], {
      name: 'heddle-ts gateway edge',
    }),
  ]);
  model.roles = rolesOf({ map, kept: NOTHING_KEPT, http }, 0, model.roles);
  model.traffic.of('kept', 'standard').tasks.count += 1;
  return model;
}

const shown = (http: HttpWorkers) =>
  workerRows(modelWith(http)).map(({ type, replicas, overHttp, trouble }) => [
    type,
    replicas,
    overHttp.length,
    trouble,
  ]);

test('workers over HTTP are among the replicas; whose tasks a gateway hands out is not absent', () => {
  assert.deepEqual(shown({ ...HTTP_NONE, lanes: [lane('kept', 2, 'durable'), lane('ocr', 3, 'core')] }), [
    ['kept', 2, 1, undefined],
    ['ocr', 4, 1, undefined],
  ]);
  // They wait in the stream until somebody asks.
  assert.deepEqual(shown({ ...HTTP_NONE, lanes: [lane('kept', 0, 'durable')] })[0], ['kept', 0, 1, undefined]);
});

test('where a gateway does not tell, nobody is called absent, and without one somebody is', () => {
  assert.deepEqual(shown(HTTP_UNASKED)[0], ['kept', undefined, 0, undefined]);
  assert.deepEqual(shown(HTTP_NONE)[0], ['kept', 0, 0, 'absent']);
  const absent = (http: HttpWorkers) => busProblems(modelWith(http))?.some(({ id }) => id === 'worker_absent');
  assert.deepEqual([absent(HTTP_UNASKED), absent(HTTP_NONE)], [false, true]);
});
