import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gathering } from '../../src/topology/gather.ts';
import { goDurationMs, readPage } from '../../src/topology/read-page.ts';

test('durations as Go prints them', () => {
  const cases: readonly (readonly [text: string, ms: number | undefined])[] = [
    ['368µs', 0.368],
    ['368μs', 0.368],
    ['2.342787ms', 2.343],
    ['1.5s', 1500],
    ['1m2.5s', 62_500],
    ['2h0m1s', 7_201_000],
    ['120ns', 0],
    ['0s', 0],
    ['', undefined],
    ['5', undefined],
    ['1.5', undefined],
    ['-1s', undefined],
    ['1s more', undefined],
    ['__proto__', undefined],
  ];
  for (const [text, ms] of cases) assert.equal(goDurationMs(text), ms, text);
});

const CONNECTION = {
  cid: 5,
  kind: 'Client',
  ip: '::1',
  port: 4000,
  rtt: '368µs',
  pending_bytes: 7,
  subscriptions: 3,
  lang: 'python3',
  version: '2.14.0',
  name: '',
  subscriptions_list_detail: [
    { subject: 'heddle.tasks.incoming', sid: '1', msgs: 4, cid: 5 },
    { subject: 'heddle.tasks.x.local', qgroup: 'workers-x', sid: '2', msgs: 0, cid: 5 },
  ],
};
const WRAPPED = {
  server: {
    name: 's1',
    id: 'N1',
    cluster: 'c',
    ver: '2.9.10',
    jetstream: false,
    time: '2026-11-20T08:02:56.912259804Z',
  },
  data: { server_id: 'N1', now: 'x', num_connections: 1, total: 3, offset: 2, limit: 1, connections: [CONNECTION] },
};

test('a page as the bus wraps it', () => {
  const reading = readPage(JSON.stringify(WRAPPED), { serverId: 'N1', clientId: 5 });
  assert.ok(reading.ok);
  const { page } = reading;
  assert.deepEqual([page.total, page.offset, page.limit], [3, 2, 1]);
  assert.deepEqual(page.server, {
    id: 'N1',
    name: 's1',
    version: '2.9.10',
    cluster: 'c',
    jetstream: false,
    time: '2026-11-20T08:02:56.912259804Z',
    connections: 3,
  });
  const [connection] = page.connections;
  assert.deepEqual(
    [
      connection?.name,
      connection?.address,
      connection?.rttMs,
      connection?.pendingBytes,
      connection?.unlisted,
      connection?.self,
    ],
    [undefined, '[::1]:4000', 0.368, 7, 1, true],
  );
  assert.deepEqual(connection?.subscriptions, [
    { subject: 'heddle.tasks.incoming', queue: undefined, received: 4 },
    { subject: 'heddle.tasks.x.local', queue: 'workers-x', received: 0 },
  ]);
});

test('the same connection number on another server is not ours', () => {
  const reading = readPage(JSON.stringify(WRAPPED), { serverId: 'N2', clientId: 5 });
  assert.equal(reading.ok && reading.page.connections[0]?.self, false);
});

test('whatever a server answers, it is a page or a reason', () => {
  const cases: readonly (readonly [text: string, reason: RegExp | undefined])[] = [
    ['', /not JSON/],
    ['<html>', /not JSON/],
    ['[]', /not an object/],
    ['null', /not an object/],
    ['{}', /lists no connections/],
    [
      '{"server":{"id":"N"},"error":{"code":400,"description":"no such account"}}',
      /^the server refused: no such account$/,
    ],
    ['{"error":{}}', /^the server refused: no reason given$/],
    ['{"data":{"server_id":"N","connections":{}}}', /lists no connections/],
    ['{"data":{"server_id":7,"connections":[]}}', /lists no connections/],
    ['{"server_id":"N","connections":[]}', undefined],
    [
      '{"server_id":"N","total":-1,"connections":[null,7,"x",[],{"cid":"1"},{"cid":1,"rtt":5,"pending_bytes":"many","subscriptions_list_detail":[null,{"subject":5},{"subject":"a","qgroup":{},"msgs":"x"}],"__proto__":{"name":"evil"}}]}',
      undefined,
    ],
  ];
  for (const [text, reason] of cases) {
    const reading = readPage(text);
    if (reason === undefined) assert.ok(reading.ok, text);
    else assert.match(reading.ok ? 'read' : reading.reason, reason);
  }
  const odd = readPage(cases.at(-1)?.[0] ?? '');
  assert.ok(odd.ok);
  assert.equal(odd.page.connections.length, 1);
  assert.deepEqual(odd.page.connections[0]?.subscriptions, [{ subject: 'a', queue: undefined, received: 0 }]);
  assert.equal(odd.page.connections[0]?.name, undefined);
});

test('a gathering knows what it lacks, and says what is out of sight', () => {
  const page = (serverId: string, offset: number, total: number, more: object = {}) => {
    const connection = { ...CONNECTION, cid: offset + 1, subscriptions: 2, ...more };
    const reading = readPage(
      JSON.stringify({ server_id: serverId, total, offset, limit: 1, connections: [connection] }),
    );
    assert.ok(reading.ok);
    return reading.page;
  };
  const gathering = new Gathering();
  gathering.add(page('A', 0, 2));
  gathering.add(page('B', 0, 1));
  assert.equal(gathering.lacking(1), 1);
  assert.deepEqual(gathering.gaps(1), ['server A sent 1 of 2 pages of its 2 connections']);
  gathering.add(page('A', 1, 2));
  assert.equal(gathering.lacking(1), 0);
  assert.deepEqual(gathering.gaps(1), []);
  // One client that stands on two pages, because another left between them, is one client.
  gathering.add(page('A', 0, 2));
  assert.equal(gathering.connections.length, 3);

  gathering.add(page('B', 0, 1, { cid: 9, subscriptions: 5 }));
  assert.deepEqual(gathering.gaps(1), ['3 subscriptions were counted by the server and not listed']);
  const leaf = new Gathering();
  leaf.add(page('A', 0, 1, { kind: 'Leafnode', name: 'Z', subscriptions_list_detail: [] }));
  assert.deepEqual(leaf.gaps(1), ['a leaf node is linked that did not answer: who listens behind it is not shown']);
  leaf.add(page('Z', 0, 1));
  assert.deepEqual(leaf.gaps(1), []);
});
