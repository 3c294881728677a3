import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Reader } from '../../src/broker/reader.ts';
import { dice, pick } from '../helpers/dice.ts';

const MAX_LINE = 256;
const MAX_PAYLOAD = 2000;

/** What a reader understood, one line a command. */
function understand(chunks: readonly Buffer[]): string[] {
  const heard: string[] = [];
  const reader = new Reader(
    {
      connect: (options) => heard.push(`connect ${options}`),
      ping: () => heard.push('ping'),
      pong: () => heard.push('pong'),
      subscribe: (...args) => heard.push(`subscribe ${JSON.stringify(args)}`),
      unsubscribe: (...args) => heard.push(`unsubscribe ${JSON.stringify(args)}`),
      announce(withHeaders, size) {
        if (size > MAX_PAYLOAD) heard.push('refused');
        else heard.push(`announce ${withHeaders} ${size}`);
        return size <= MAX_PAYLOAD;
      },
      publish(subject, reply, headerSize, body, start, size) {
        const data = body.toString('latin1', start, start + size + 2);
        heard.push(`publish ${JSON.stringify([subject, reply, headerSize, data])}`);
      },
      broken: (reply) => heard.push(`broken ${reply}`),
    },
    MAX_LINE,
  );
  for (const chunk of chunks) reader.read(chunk);
  return heard;
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

const CONVERSATION = bytes(
  'CONNECT {"verbose":false}\r\nPING\r\nSUB a.b 1\r\nSUB\tq.*  workers   2\r\nPUB a.b 5\r\nhello\r\n' +
    'pub a.b reply.to 0\r\n\r\nHPUB a.b 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHPUB a.b r 12 12\r\nNATS/1.0\r\n\r\n\r\n' +
    'UNSUB 1 5\r\nUNSUB 2\r\nPONG\r\n+OK\r\nINFO {}\r\nPUB x 7\r\n\r\nPING\r\r\nPING\n',
);
const UNDERSTOOD = [
  'connect  {"verbose":false}',
  'ping',
  'subscribe ["a.b",null,"1"]',
  'subscribe ["q.*","workers","2"]',
  'announce false 5',
  'publish ["a.b","",-1,"hello\\r\\n"]',
  'announce false 0',
  'publish ["a.b","reply.to",-1,"\\r\\n"]',
  'announce true 14',
  'publish ["a.b","",12,"NATS/1.0\\r\\n\\r\\nhi\\r\\n"]',
  'announce true 12',
  'publish ["a.b","r",12,"NATS/1.0\\r\\n\\r\\n\\r\\n"]',
  'unsubscribe ["1",5]',
  'unsubscribe ["2",0]',
  'pong',
  'announce false 7',
  'publish ["x","",-1,"\\r\\nPING\\r\\r\\n"]',
  'ping',
];

describe('a conversation is understood', () => {
  test('in one piece', () => assert.deepEqual(understand([CONVERSATION]), UNDERSTOOD));

  test('cut in two at every byte', () => {
    for (let at = 0; at <= CONVERSATION.length; at += 1) {
      assert.deepEqual(
        understand([CONVERSATION.subarray(0, at), CONVERSATION.subarray(at)]),
        UNDERSTOOD,
        `cut at ${at}`,
      );
    }
  });

  test('cut in three at every pair of bytes', () => {
    for (let first = 0; first <= CONVERSATION.length; first += 1) {
      for (let second = first; second <= CONVERSATION.length; second += 7) {
        const parts = [
          CONVERSATION.subarray(0, first),
          CONVERSATION.subarray(first, second),
          CONVERSATION.subarray(second),
        ];
        assert.deepEqual(understand(parts), UNDERSTOOD, `cut at ${first} and ${second}`);
      }
    }
  });

  test('byte by byte', () => {
    assert.deepEqual(understand([...CONVERSATION].map((byte) => Buffer.of(byte))), UNDERSTOOD);
  });
});

test('what follows broken bytes is not read', () => {
  assert.deepEqual(understand([bytes('PING\r\nNONSENSE\r\nPING\r\n'), bytes('PING\r\n')]), [
    'ping',
    "broken -ERR 'Unknown Protocol Operation'",
  ]);
  assert.deepEqual(understand([bytes(`PUB a ${MAX_PAYLOAD + 1}\r\nPING\r\n`), bytes('PING\r\n')]), ['refused']);
});

test('garbage without a line break is refused at its first bytes', () => {
  for (const garbage of ['\x16\x03\x01', 'GET', 'P\0', 'SUBX', 'connectx', '\xff', ' ', '-X', 'HPUBB']) {
    const heard = understand([...garbage].map((char) => bytes(char)));
    assert.deepEqual(heard, ["broken -ERR 'Unknown Protocol Operation'"], JSON.stringify(garbage));
  }
  for (const start of ['P', 'HPU', 'unsub', 'CONNECT', 'SUB a', '-', '+O'])
    assert.deepEqual(understand([bytes(start)]), []);
});

test('a control line without end is refused before it is long', () => {
  const chunk = bytes('a'.repeat(50));
  const heard = understand([bytes('SUB '), ...Array.from({ length: 7 }, () => chunk)]);
  assert.deepEqual(heard, ["broken -ERR 'maximum control line exceeded'"]);
});

test('any bytes in any pieces are the same to it as in one piece', () => {
  const pieces = [
    'PUB a 3\r\nabc\r\n',
    'HPUB a r 4 6\r\nab\r\ncd\r\n',
    'SUB a q 1\r\n',
    'UNSUB 1 3\r\n',
    'PING\r\n',
    'PONG\n',
    'CONNECT {}\r\n',
    'PUB a -1\r\n',
    'PUB a 99999999999\r\n',
    'HPUB a 9 3\r\n',
    '\r\n',
    '\n',
    '\0',
    ' ',
    'PUB',
    'SUB a b c d e f g\r\n',
    `SUB ${'x'.repeat(300)} 1\r\n`,
    `PUB a 1500\r\n${'y'.repeat(1500)}\r\n`,
    `PUB a 5000\r\n`,
    'MSG a 1 1\r\nx\r\n',
    '+OK\r\n',
    "-ERR 'x'\r\n",
    'PUB a 2\r\nxyz\r\n',
    '\xff\xfe',
  ];
  let broken = 0;
  for (let seed = 1; seed <= 3000; seed += 1) {
    const roll = dice(seed);
    const text = Array.from({ length: 1 + Math.floor(roll() * 12) }, () => pick(roll, pieces)).join('');
    const whole = bytes(text);
    // A byte in ten conversations is turned into another.
    if (roll() < 0.1) whole[Math.floor(roll() * whole.length)] = Math.floor(roll() * 256);
    const chunks: Buffer[] = [];
    for (let at = 0; at < whole.length; ) {
      const next = Math.min(whole.length, at + 1 + Math.floor(roll() ** 3 * 400));
      chunks.push(whole.subarray(at, next));
      at = next;
    }
    const expected = understand([whole]);
    assert.deepEqual(understand(chunks), expected, `seed ${seed}`);
    const end = expected.findIndex((line) => line.startsWith('broken') || line === 'refused');
    if (end >= 0) {
      broken += 1;
      assert.equal(end, expected.length - 1, `seed ${seed}: nothing after the end`);
    }
  }
  assert.ok(broken > 500 && broken < 3000, `the mix should hold both kinds, ${broken} of 3000 were broken`);
});
