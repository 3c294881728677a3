import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { type Wire, wire } from '../helpers/wire.ts';

noLeaks();

const CONNZ = '$SYS.REQ.ACCOUNT.PING.CONNZ';
const USERS = [
  { user: 'ops', password: 'p' },
  {
    user: 'worker',
    password: 'p',
    permissions: { publish: { allow: ['$SYS.REQ.>', 'x'] }, subscribe: { deny: ['no.>'] } },
  },
];

type Json = { readonly [key: string]: unknown };

async function askerFor(t: TestContext, port: number, name: string, more = ''): Promise<Wire> {
  const client = await wire(port);
  t.after(() => client.hangUp());
  const hello = {
    verbose: false,
    headers: true,
    no_responders: true,
    user: 'ops',
    pass: 'p',
    name,
    lang: 'words',
    version: '1.2',
  };
  client.say(`CONNECT ${JSON.stringify(hello)}\r\nSUB answer 1\r\n${more}`);
  await client.sync();
  return client;
}

/** One question to the server, and its answer. */
async function ask(client: Wire, question: string, subject = CONNZ): Promise<Json> {
  const before = client.heard.length;
  client.say(`PUB ${subject} answer ${question.length}\r\n${question}\r\n`);
  await client.until(new RegExp(`^[^]{${before}}[^]*MSG answer 1 \\d+\\r\\n[^\\r]+\\r\\n`));
  const text = /MSG answer 1 (\d+)\r\n([^\r]+)\r\n/.exec(client.heard.slice(before))?.[2] ?? '';
  return JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as Json;
}

/** Which keys a document has and of which type their values are, to compare two documents of different servers. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

async function population(t: TestContext, port: number): Promise<Wire> {
  const first = await askerFor(t, port, 'erster', 'SUB foo crew 12\r\nSUB bar.* 13\r\nUNSUB 13 9\r\n');
  await askerFor(t, port, 'zweiter', 'PUB foo 3\r\nabc\r\n');
  return first;
}

const QUESTIONS = [
  '',
  '{"subscriptions":true}',
  '{"subscriptions_detail":true}',
  '{"auth":true,"subscriptions_detail":true}',
  '{"limit":1,"offset":1}',
  '{"offset":7}',
  '{"offset":-1,"limit":-1}',
  '{"cid":99999}',
  '{"sort":"subs"}',
  '{"sort":"zzz"}',
  '{bad',
  '[]',
  '{"subscriptions_detail":true,"filter_subject":"bar.x"}',
  '{"filter_subject":"bar.x"}',
  '{"state":1}',
  '{"limit":"x"}',
  '{"unknown":1}',
];

test('who is connected: the same document as from a real nats-server', { skip: skipWithoutNatsServer() }, async (t) => {
  const broker = await startBroker({ users: USERS });
  t.after(() => broker.close());
  const server = await natsServerFor(t, { config: `authorization { users = ${JSON.stringify(USERS)} }` });
  const [ours, theirs] = await Promise.all([population(t, broker.port), population(t, server.port)]);
  for (const question of QUESTIONS) {
    await t.test(question || 'no options', async () => {
      const [ourAnswer, theirAnswer] = [await ask(ours, question), await ask(theirs, question)];
      assert.deepEqual(settled(ourAnswer), settled(theirAnswer));
    });
  }
});

/** The order of the subscriptions is no promise, and the words of a refusal are each server's own. */
function settled(answer: Json): unknown {
  const copy = structuredClone(answer) as { data?: { connections?: Json[] }; error?: { description: string } };
  for (const connection of copy.data?.connections ?? []) {
    (connection.subscriptions_list_detail as Json[] | undefined)?.sort((a, b) => Number(a.sid) - Number(b.sid));
    (connection.subscriptions_list as string[] | undefined)?.sort();
  }
  const numbers = copy.data && { ...copy.data, connections: copy.data.connections?.length };
  const { server_id: _id, now: _now, ...counted } = (numbers ?? {}) as Json;
  return { shape: shape(copy), counted, code: (copy.error as Json | undefined)?.code };
}

test('who is connected, in detail', async (t) => {
  const broker = await startBroker({ users: USERS });
  t.after(() => broker.close());
  const asker = await population(t, broker.port);
  const answer = await ask(asker, '{"auth":true,"subscriptions_detail":true}');
  const { connections, ...counts } = answer.data as { connections: Json[] } & Json;
  const { server_id, now, ...rest } = counts;
  assert.equal(server_id, broker.serverId);
  assert.ok(Math.abs(Date.parse(String(now)) - Date.now()) < 60_000);
  assert.deepEqual(rest, { num_connections: 2, total: 2, offset: 0, limit: 1024 });
  const [first, second] = connections;
  assert.equal(first?.name, 'erster');
  assert.equal(first?.authorized_user, 'ops');
  assert.equal(first?.out_msgs, 1);
  assert.equal(second?.in_msgs, 1);
  assert.equal(second?.in_bytes, 3);
  assert.match(String(first?.rtt), /^[\d.]+(µs|ms|s)$|^0s$/);
  assert.deepEqual(first?.subscriptions_list_detail, [
    { subject: 'answer', sid: '1', msgs: 0, cid: 1 },
    { subject: 'foo', qgroup: 'crew', sid: '12', msgs: 1, cid: 1 },
    { subject: 'bar.*', sid: '13', msgs: 0, max: 9, cid: 1 },
  ]);
  assert.deepEqual(
    broker.connections().map(({ cid, name, subscriptions }) => ({ cid, name, subscriptions })),
    [
      { cid: 1, name: 'erster', subscriptions: 3 },
      { cid: 2, name: 'zweiter', subscriptions: 1 },
    ],
  );
});

test('pages hold everybody once', async (t) => {
  const broker = await startBroker({ users: USERS });
  t.after(() => broker.close());
  const asker = await population(t, broker.port);
  for (let index = 0; index < 5; index += 1) await askerFor(t, broker.port, `n${index}`);
  const names: unknown[] = [];
  for (let offset = 0; ; offset += 3) {
    const { data } = (await ask(asker, JSON.stringify({ limit: 3, offset }))) as {
      data: { connections: Json[]; total: number };
    };
    assert.equal(data.total, 7);
    if (data.connections.length === 0) break;
    names.push(...data.connections.map((connection) => connection.name));
  }
  assert.deepEqual(names, ['erster', 'zweiter', 'n0', 'n1', 'n2', 'n3', 'n4']);
});

test('names that are no ASCII come back as they were', async (t) => {
  const broker = await startBroker({ users: USERS });
  t.after(() => broker.close());
  const asker = await askerFor(t, broker.port, 'x');
  asker.say(Buffer.from('SUB prüf.* größe 7\r\n').toString('latin1'));
  const answer = await ask(asker, '{"subscriptions_detail":true}');
  const { connections } = answer.data as { connections: [{ subscriptions_list_detail: Json[] }] };
  assert.deepEqual(connections[0].subscriptions_list_detail[1], {
    subject: 'prüf.*',
    qgroup: 'größe',
    sid: '7',
    msgs: 0,
    cid: 1,
  });
});

test('what somebody may do', async (t) => {
  const broker = await startBroker({ users: USERS });
  t.after(() => broker.close());
  const asker = await askerFor(t, broker.port, 'x');
  assert.deepEqual((await ask(asker, '', '$SYS.REQ.USER.INFO')).data, { user: 'ops', account: '$G' });
  asker.say('CONNECT {"user":"worker","pass":"p"}\r\n');
  assert.deepEqual((await ask(asker, '', '$SYS.REQ.USER.INFO')).data, {
    user: 'worker',
    account: '$G',
    permissions: { publish: { allow: ['$SYS.REQ.>', 'x'] }, subscribe: { deny: ['no.>'] } },
  });
});

test('other questions to the system have nobody to answer them', async (t) => {
  const broker = await startBroker({ users: USERS });
  t.after(() => broker.close());
  const asker = await askerFor(t, broker.port, 'x');
  asker.say('PUB $SYS.REQ.SERVER.PING answer 0\r\n\r\n');
  await asker.sync();
  assert.match(asker.heard, /HMSG answer 1 16 16\r\nNATS\/1\.0 503/);
});
