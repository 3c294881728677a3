import assert from 'node:assert/strict';
import { connect as connectSocket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type Broker, startBroker } from '../../src/broker/broker.ts';
import type { BrokerLogLine, BrokerOptions } from '../../src/broker/options.ts';
import { isHeddleError } from '../../src/errors.ts';
import { dice, pick } from '../helpers/dice.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { type Wire, wire } from '../helpers/wire.ts';

noLeaks();

const HELLO = 'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n';

async function brokerFor(t: TestContext, options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker(options);
  t.after(() => broker.close());
  return broker;
}

async function wireFor(t: TestContext, broker: Broker, words = HELLO): Promise<Wire> {
  const client = await wire(broker.port);
  t.after(() => client.hangUp());
  client.say(words);
  await client.sync();
  return client;
}

describe('the greeting', () => {
  test('says that it is for development', async (t) => {
    const broker = await brokerFor(t, { maxPayload: 1000 });
    const client = await wireFor(t, broker);
    const info = JSON.parse(client.info) as Record<string, unknown>;
    assert.equal(info.heddle_ts_development, true);
    assert.equal(info.server_name, 'heddle-ts-dev');
    assert.match(String(info.version), /^\d+\.\d+\.\d+-heddle-ts-dev$/);
    assert.equal(info.server_id, broker.serverId);
    assert.match(broker.serverId, /^N[A-Z2-7]{55}$/);
    assert.equal(info.max_payload, 1000);
    assert.equal(info.headers, true);
    assert.equal(info.client_id, 1);
    assert.equal(info.client_ip, '127.0.0.1');
    assert.equal(info.auth_required, undefined);
    assert.equal(broker.url, `nats://127.0.0.1:${broker.port}`);
  });

  test('asks who it is where that matters', async (t) => {
    const broker = await brokerFor(t, { token: 'geheim' });
    const client = await wire(broker.port);
    t.after(() => client.hangUp());
    assert.equal(JSON.parse(client.info).auth_required, true);
  });

  test('tells when it is about to leave', async (t) => {
    const broker = await brokerFor(t);
    const client = await wireFor(t, broker);
    broker.announceLeaving();
    await client.until(/INFO \{.*"ldm":true.*\}\r\n/);
    assert.equal(client.closed, false);
  });
});

describe('what a broker cannot be', () => {
  test('on a port in use', async (t) => {
    const broker = await brokerFor(t);
    await assert.rejects(startBroker({ port: broker.port }), (error) => {
      assert.ok(isHeddleError(error));
      assert.equal(error.code, 'connection_failed');
      assert.match(error.message, /already listens/);
      return true;
    });
  });

  for (const options of [
    { users: [], token: 'x' },
    { maxPayload: 0 },
    { maxPayload: 2 ** 40 },
    { port: -1 },
    { pingIntervalMs: Number.NaN },
  ]) {
    test(`with ${JSON.stringify(options)}`, async () => {
      await assert.rejects(startBroker(options), { code: 'settings_invalid' });
    });
  }
});

describe('queue groups', () => {
  test('give each message to one member, and in the long run to all', async (t) => {
    const broker = await brokerFor(t, { random: dice(7) });
    const members = await Promise.all([1, 2, 3].map(() => wireFor(t, broker, `${HELLO}SUB jobs.* crew 1\r\n`)));
    const publisher = await wireFor(t, broker);
    const total = 300;
    for (let index = 0; index < total; index += 1) publisher.say(`PUB jobs.${index} 0\r\n\r\n`);
    await publisher.sync();
    await Promise.all(members.map((member) => member.sync()));
    const shares = members.map((member) =>
      [...member.heard.matchAll(/^MSG jobs\.(\d+) 1 0\r$/gm)].map((found) => found[1]),
    );
    assert.deepEqual(
      shares
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
      Array.from({ length: total }, (_, index) => index),
    );
    for (const share of shares) assert.ok(share.length > total / 6, `shares ${shares.map((each) => each.length)}`);
  });

  test('are one group by name, whatever the pattern', async (t) => {
    const broker = await brokerFor(t);
    const client = await wireFor(t, broker, `${HELLO}SUB a.* q 1\r\nSUB a.b q 2\r\nSUB > q 3\r\nSUB a.b other 4\r\n`);
    client.say('PUB a.b 0\r\n\r\n'.repeat(20));
    await client.sync();
    assert.equal(client.heard.match(/^MSG a\.b [123] 0/gm)?.length, 20);
    assert.equal(client.heard.match(/^MSG a\.b 4 0/gm)?.length, 20);
  });

  test('pass over a member that may not see the message', async (t) => {
    const users = [
      { user: 'all', password: 'p' },
      { user: 'some', password: 'p', permissions: { subscribe: { deny: ['a.secret'] } } },
    ];
    const broker = await brokerFor(t, { users });
    const as = (user: string) => `CONNECT {"verbose":false,"user":"${user}","pass":"p"}\r\nSUB a.* q 1\r\n`;
    const all = await wireFor(t, broker, as('all'));
    const some = await wireFor(t, broker, as('some'));
    all.say('PUB a.secret 0\r\n\r\n'.repeat(30));
    await all.sync();
    await some.sync();
    assert.equal(all.heard.match(/^MSG a\.secret/gm)?.length, 30);
    assert.doesNotMatch(some.heard, /MSG/);
  });
});

describe('who left', () => {
  test('is no member of a group any more, and no listener', async (t) => {
    const broker = await brokerFor(t);
    const [leaving, staying] = [
      await wireFor(t, broker, `${HELLO}SUB a q 1\r\n`),
      await wireFor(t, broker, `${HELLO}SUB a q 1\r\n`),
    ];
    const publisher = await wireFor(t, broker, `${HELLO}SUB r 1\r\n`);
    leaving.hangUp();
    while (broker.connections().length > 2) await publisher.sync();
    publisher.say('PUB a r 0\r\n\r\n'.repeat(20));
    await publisher.sync();
    await staying.sync();
    assert.equal(staying.heard.match(/^MSG a 1 r 0/gm)?.length, 20);
    staying.hangUp();
    while (broker.connections().length > 1) await publisher.sync();
    publisher.say('PUB a r 0\r\n\r\n');
    await publisher.sync();
    assert.match(publisher.heard, /HMSG r 1 16 16\r\nNATS\/1\.0 503/);
  });
});

test('what waits for a slow client is not overwritten by what comes after', async (t) => {
  const broker = await brokerFor(t);
  const slow = connectSocket(broker.port, '127.0.0.1');
  t.after(() => slow.destroy());
  slow.write(`${HELLO}SUB n 1\r\n`);
  slow.pause();
  const publisher = await wireFor(t, broker);
  while (broker.connections()[0]?.subscriptions !== 1) await publisher.sync();
  const filler = '.'.repeat(990);
  const [rounds, each] = [1600, 10];
  let number = 0;
  // More than the kernel holds for a client that does not read.
  for (let round = 0; round < rounds; round += 1) {
    let words = '';
    for (let message = 0; message < each; message += 1) {
      words += `PUB n 1000\r\n${String(number).padStart(10, '0')}${filler}\r\n`;
      number += 1;
    }
    publisher.say(words);
    await publisher.sync();
  }
  assert.ok((broker.connections()[0]?.pending_bytes ?? 0) > 0, 'the kernel took everything, the test shows nothing');
  const heard = new Promise<string>((resolve) => {
    const chunks: Buffer[] = [];
    slow.on('data', (chunk) => {
      chunks.push(chunk);
      if (chunk.includes('PONG')) resolve(Buffer.concat(chunks).toString('latin1'));
    });
  });
  slow.write('PING\r\n');
  slow.resume();
  const numbers = [...(await heard).matchAll(/MSG n 1 1000\r\n(\d{10})\.{990}\r\n/g)].map((found) => Number(found[1]));
  assert.equal(numbers.length, rounds * each);
  assert.ok(numbers.every((value, index) => value === index));
});

describe('who does not behave is cut off', () => {
  test('when nothing is said in time', async (t) => {
    const broker = await brokerFor(t, { token: 'x', authTimeoutMs: 20 });
    const client = await wire(broker.port);
    await client.untilClosed();
    assert.equal(client.heard, "-ERR 'Authentication Timeout'\r\n");
  });

  test('when pings stay without an answer', async (t) => {
    const broker = await brokerFor(t, { pingIntervalMs: 15, maxPingsOut: 2 });
    const mute = await wireFor(t, broker);
    const polite = await wireFor(t, broker);
    polite.socket.on('data', (chunk) => {
      if (chunk.includes('PING')) polite.socket.write('PONG\r\n');
    });
    await mute.untilClosed();
    assert.match(mute.heard, /PING\r\nPING\r\n-ERR 'Stale Connection'\r\n$/);
    await polite.sync();
    assert.equal(polite.closed, false);
    assert.equal(broker.connections().length, 1);
  });

  test('when it takes too little of what it subscribed to', async (t) => {
    const lines: BrokerLogLine[] = [];
    const broker = await brokerFor(t, { maxPending: 1_000_000, log: (line) => lines.push(line) });
    const slow = connectSocket(broker.port, '127.0.0.1');
    t.after(() => slow.destroy());
    const fast = connectSocket(broker.port, '127.0.0.1');
    t.after(() => fast.destroy());
    let taken = 0;
    fast.on('data', (chunk) => {
      taken += chunk.length;
    });
    fast.write(`${HELLO}SUB big 1\r\n`);
    slow.write(`${HELLO}SUB big 1\r\n`);
    slow.pause();
    const publisher = await wireFor(t, broker, `${HELLO}SUB gone 1\r\n`);
    while (broker.connections().filter((each) => each.subscriptions > 0).length < 3) await publisher.sync();
    const payload = 'x'.repeat(100_000);
    let sent = 0;
    // The kernel takes some megabytes for a client that does not read.
    while (broker.connections().length === 3 && sent < 2000) {
      publisher.say(`PUB big ${payload.length}\r\n${payload}\r\n`);
      sent += 1;
      await publisher.sync();
    }
    assert.equal(broker.connections().length, 2);
    assert.ok(lines.some((line) => line.text.includes('Slow Consumer') && line.level === 'warn'));
    while (taken < sent * payload.length) await publisher.sync();
    assert.deepEqual(
      broker.connections().map((each) => each.out_msgs),
      [sent, 0],
    );
  });

  test('but first its publishers rest, so that who only falls behind can catch up', async (t) => {
    const broker = await brokerFor(t, { maxPending: 16_000_000 });
    const listener = connectSocket(broker.port, '127.0.0.1');
    t.after(() => listener.destroy());
    let taken = 0;
    listener.on('data', (chunk) => {
      taken += chunk.length;
    });
    // Each message is worth twenty, so that output grows much faster than it can be read.
    const copies = 20;
    const subscriptions = Array.from({ length: copies }, (_, index) => `SUB n ${index}\r\n`).join('');
    listener.write(`${HELLO}${subscriptions}`);
    const publisher = await wireFor(t, broker);
    while (broker.connections()[0]?.subscriptions !== copies) await publisher.sync();
    const [count, size] = [2500, 1000];
    publisher.say(`PUB n ${size}\r\n${'x'.repeat(size)}\r\n`.repeat(count));
    await publisher.sync();
    while (taken < count * size * copies && !listener.destroyed) await publisher.sync();
    assert.deepEqual(
      broker.connections().map((each) => each.out_msgs),
      [count * copies, 0],
    );
  });

  test('when there are too many', async (t) => {
    const broker = await brokerFor(t, { maxConnections: 1 });
    const first = await wireFor(t, broker);
    const second = connectSocket(broker.port, '127.0.0.1');
    let said = '';
    second.on('data', (chunk) => {
      said += chunk;
    });
    await new Promise((resolve) => second.on('close', resolve));
    assert.equal(said, "-ERR 'maximum connections exceeded'\r\n");
    await first.sync();
    assert.equal(first.closed, false);
  });

  test('but not for a subscription too many', async (t) => {
    const broker = await brokerFor(t, { maxSubscriptions: 2 });
    const client = await wireFor(t, broker, `${HELLO}SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nPUB c 0\r\n\r\n`);
    assert.equal(client.heard, "-ERR 'maximum subscriptions exceeded'\r\nPONG\r\n");
    const deep = Array.from({ length: 200 }, () => 'x').join('.');
    client.say(`UNSUB 1\r\nSUB ${deep} 4\r\n`);
    await client.sync();
    assert.match(client.heard, /-ERR 'Invalid Subject'\r\nPONG\r\n$/);
  });

  test('nor for one too many of all together, which the log tells in words', async (t) => {
    const told: string[] = [];
    const log = ({ level, text }: { level: string; text: string }): void => void told.push(`${level}: ${text}`);
    const broker = await brokerFor(t, { maxTotalSubscriptions: 3, log });
    const first = await wireFor(t, broker, `${HELLO}SUB a 1\r\nSUB b 2\r\n`);
    const second = await wireFor(t, broker, `${HELLO}SUB a 1\r\nSUB b 2\r\n`);
    assert.equal(first.heard, 'PONG\r\n');
    assert.equal(second.heard, "-ERR 'maximum subscriptions exceeded'\r\nPONG\r\n");
    assert.deepEqual(
      told.filter((line) => line.startsWith('warn')),
      ['warn: no further subscription ("b"): at most 3 of all clients are kept'],
    );
    first.say('UNSUB 1\r\n');
    await first.sync();
    second.say('SUB b 2\r\n');
    await second.sync();
    assert.match(second.heard, /PONG\r\nPONG\r\n$/, 'there is room again');
  });

  test('nor for more subjects than there is room for, however few subscriptions they are', async (t) => {
    const told: string[] = [];
    const log = ({ level, text }: { level: string; text: string }): void => void told.push(`${level}: ${text}`);
    const broker = await brokerFor(t, { maxTotalSubjectBytes: 20_000, log });
    const long = 'x'.repeat(3_900);
    const deep = Array.from({ length: 100 }, () => 'x').join('.');
    const client = await wireFor(t, broker, `${HELLO}SUB ${long} 1\r\nSUB a ${long} 2\r\nSUB b 3\r\nSUB ${deep} 4\r\n`);
    assert.equal(client.heard, "-ERR 'maximum subscriptions exceeded'\r\nPONG\r\n");
    assert.match(
      told.find((line) => line.startsWith('warn')) ?? '',
      /^warn: no further subscription \("x\.x.*"\): at most 20000 bytes of subjects of all clients are kept$/,
    );
    client.say(`UNSUB 1\r\nUNSUB 2\r\nSUB ${deep} 4\r\n`);
    await client.sync();
    assert.match(client.heard, /exceeded'\r\nPONG\r\nPONG\r\n$/, 'there is room again');
  });

  test('and its last words reach it although it keeps on talking', async (t) => {
    const broker = await brokerFor(t, { maxPayload: 100 });
    const client = await wireFor(t, broker);
    client.say(`PUB a 1000000\r\n${'x'.repeat(1_000_000)}\r\n`);
    await client.untilClosed();
    assert.match(client.heard, /-ERR 'Maximum Payload Violation'\r\n$/);
  });
});

describe('hostile bytes', () => {
  test('never stop it', async (t) => {
    const broker = await brokerFor(t, { maxPayload: 5000, maxPending: 200_000 });
    const good = await wireFor(t, broker, `${HELLO}SUB safe 1\r\n`);
    const pieces = [
      HELLO,
      'SUB > 1\r\n',
      'PUB a 3\r\nabc\r\n',
      'PUB a 3\r\n',
      'PUB $SYS.REQ.ACCOUNT.PING.CONNZ a 5\r\n[1,2]\r\n',
      'PING\r\n',
      'PUB $SYS.REQ.ACCOUNT.PING.CONNZ a 18\r\n{"sort":"toString"}\r\n',
      'CONNECT {"user":{"a":1},"verbose":3}\r\n',
      'CONNECT null\r\n',
      'UNSUB 1 1\r\n',
      '\0\0\0',
      'HPUB a 1 1\r\n\r\r\n',
      'SUB __proto__ constructor toString\r\n',
      'PUB __proto__ 0\r\n\r\n',
      '\xff'.repeat(100),
    ];
    const roll = dice(20_240);
    for (let round = 0; round < 30; round += 1) {
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const attacker = connectSocket(broker.port, '127.0.0.1');
          attacker.on('error', () => {});
          attacker.resume();
          for (let piece = 0; piece < 6; piece += 1) attacker.write(pick(roll, pieces), 'latin1');
          const closed = new Promise((resolve) => attacker.on('close', resolve));
          if (roll() < 0.5) attacker.end();
          else attacker.destroy();
          await closed;
        }),
      );
    }
    good.say('PUB safe 2\r\nok\r\n');
    await good.sync();
    assert.match(good.heard, /MSG safe 1 2\r\nok\r\n/);
    while (broker.connections().length > 1) await good.sync();
    assert.deepEqual(
      broker.connections().map((each) => each.cid),
      [1],
    );
  });

  test('in a log line are quoted, and secrets are not in it', async (t) => {
    const lines: BrokerLogLine[] = [];
    const broker = await brokerFor(t, { users: [{ user: 'u', password: 'hunter2' }], log: (line) => lines.push(line) });
    const client = await wire(broker.port);
    client.say('CONNECT {"user":"x\\u001b[31m","pass":"hunter3"}\r\n');
    await client.untilClosed();
    const text = lines.map((line) => line.text).join('\n');
    assert.match(text, /Authentication Failure of "x\\u001b\[31m"/);
    assert.doesNotMatch(text, /hunter|\u001b/);
  });
});

describe('a test may', () => {
  test('cut every connection', async (t) => {
    const broker = await brokerFor(t);
    const clients = await Promise.all([1, 2].map(() => wireFor(t, broker)));
    broker.dropConnections();
    await Promise.all(clients.map((client) => client.untilClosed()));
    assert.equal(broker.connections().length, 0);
    const again = await wireFor(t, broker);
    assert.equal(again.closed, false);
  });

  test('let it hang and go on', async (t) => {
    const broker = await brokerFor(t, { pingIntervalMs: 10 });
    const client = await wireFor(t, broker, `${HELLO}SUB a 1\r\n`);
    broker.pause();
    const heardBefore = client.heard;
    client.say('PUB a 0\r\n\r\nPING\r\n');
    const late = connectSocket(broker.port, '127.0.0.1');
    t.after(() => late.destroy());
    let greeted = '';
    late.on('data', (chunk) => {
      greeted += chunk;
    });
    await new Promise((resolve) => late.on('connect', resolve));
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(client.heard, heardBefore);
    assert.equal(greeted, '');
    broker.resume();
    await client.until(/MSG a 1 0\r\n\r\nPONG/);
    while (!greeted.includes('INFO')) await client.sync();
  });

  test('close it twice, with clients, and the port is free again', async (t) => {
    const broker = await startBroker();
    const client = await wireFor(t, broker);
    await Promise.all([broker.close(), broker.close()]);
    await client.untilClosed();
    const next = await brokerFor(t, { port: broker.port });
    assert.equal(next.port, broker.port);
  });

  test('close it while it hangs', async (t) => {
    const broker = await startBroker({ token: 'x' });
    const client = await wire(broker.port);
    t.after(() => client.hangUp());
    broker.pause();
    await broker.close();
    await client.untilClosed();
  });
});
