import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parser, ProtocolHandler } from '../../../src/transport/nats/client.ts';
import { MessageMemory } from '../../../src/transport/nats/message-memory.ts';
import { DirectSubscription, MessageParser } from '../../../src/transport/nats/parser.ts';
import { dice, pick } from '../../helpers/dice.ts';

// The parser of ours beside the engine's own: what comes through must be the same, however the bytes come in pieces.

interface Reader {
  readonly heard: string[];
  readonly protocol: ProtocolHandler;
  readonly sids: number[];
  broken: Error | undefined;
  parse(bytes: Uint8Array): void;
  /** Reads out of memory that others are given next. */
  readLent(bytes: Uint8Array): void;
}

function reader(which: 'ours' | "the engine's", lot = new MessageMemory()): Reader {
  const protocol = new ProtocolHandler({ servers: [] }, { publish: () => {} });
  // PING and INFO, which the engine answers or takes to heart.
  const heard: string[] = [];
  const memory = Buffer.alloc(8 * 1024);
  protocol.processPing = () => void heard.push('PING');
  protocol.processPong = () => void heard.push('PONG');
  protocol.processInfo = (data) => void heard.push(`INFO ${Buffer.from(data)}`);
  protocol.processError = (data) => void heard.push(`-ERR ${Buffer.from(data)}`);
  const sids = ['a', 'b'].map((name) => {
    const limits = name === 'b' ? { max: 10 } : {};
    const subscription = new DirectSubscription(protocol, name, limits, ({ subject, data, reply, headers }) => {
      const head = headers === undefined ? '' : ` ${headers.code} ${headers.get('k')}`;
      heard.push(`${name}: ${subject} ${reply || '-'}${head} ${Buffer.from(data).toString('hex')}`);
    });
    return protocol.subscriptions.add(subscription).sid;
  });
  const made: Reader = {
    heard,
    protocol,
    sids,
    broken: undefined,
    parse: (bytes) => parser.parse(bytes),
    readLent: (bytes) => {
      memory.set(bytes);
      if (parser instanceof MessageParser) parser.read(memory.subarray(0, bytes.length), true);
      memory.fill('!');
    },
  };
  const parser =
    which === 'ours' ? new MessageParser(protocol, (error) => (made.broken = error), lot) : new Parser(protocol);
  return made;
}

function plain(subject: string, sid: number, data: Buffer, reply?: string): Buffer {
  const line = ['MSG', subject, sid, ...(reply === undefined ? [] : [reply]), data.length].join(' ');
  return Buffer.concat([Buffer.from(`${line}\r\n`), data, Buffer.from('\r\n')]);
}

function withHeaders(subject: string, sid: number, data: Buffer): Buffer {
  const head = Buffer.from('NATS/1.0\r\nk: v\r\n\r\n');
  const line = `HMSG ${subject} ${sid} ${head.length} ${head.length + data.length}\r\n`;
  return Buffer.concat([Buffer.from(line), head, data, Buffer.from('\r\n')]);
}

function conversation(throwDice: () => number): Buffer {
  const subjects = ['heddle.results.default', 'heddle.results.x', 'grüße', 'h'.repeat(600)];
  const payload = (): Buffer => {
    const noise = ['\r\n', 'MSG a 1 3\r\nabc\r\n', 'x', '\0', 'ü'];
    return Buffer.from(Array.from({ length: Math.floor(throwDice() * 6) }, () => pick(throwDice, noise)).join(''));
  };
  const said: Buffer[] = [];
  for (let count = 0; count < 120; count += 1) {
    const subject = throwDice() < 0.7 ? 'heddle.results.default' : pick(throwDice, subjects);
    const sid = pick(throwDice, [1, 1, 1, 2, 77]);
    const roll = throwDice();
    if (roll < 0.6) said.push(plain(subject, sid, payload()));
    else if (roll < 0.75) said.push(plain(subject, sid, payload(), pick(throwDice, ['_INBOX.a.1', '12', 'r'])));
    else if (roll < 0.85) said.push(withHeaders(subject, sid, payload()));
    else {
      const others = ['PING\r\n', '+OK\r\n', 'INFO {"a":1}\r\n', 'msg  low\t1  2\r\nhi\r\n', 'MSG a 1 02\r\nhi\r\n'];
      said.push(Buffer.from(pick(throwDice, others)));
    }
  }
  return Buffer.concat(said);
}

function inPieces(bytes: Buffer, throwDice: () => number, largest: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + Math.floor(throwDice() * largest);
    // Each in a buffer of its own: nothing may be read beside it.
    pieces.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return pieces;
}

test('what the engine hears is heard, in whatever pieces it comes', () => {
  const throwDice = dice(3);
  for (const largest of [1, 3, 20, 100, 1000, 1_000_000]) {
    for (let round = 0; round < 8; round += 1) {
      const bytes = conversation(throwDice);
      const [ours, engines] = [reader('ours'), reader("the engine's")];
      for (const piece of inPieces(bytes, throwDice, largest)) ours.parse(piece);
      engines.parse(bytes);
      assert.equal(ours.broken, undefined);
      assert.ok(engines.heard.length > 60);
      assert.deepEqual(ours.heard, engines.heard);
      assert.deepEqual(
        [ours.protocol.inMsgs, ours.protocol.inBytes, ours.protocol.subscriptions.size()],
        [engines.protocol.inMsgs, engines.protocol.inBytes, engines.protocol.subscriptions.size()],
      );
    }
  }
});

test('what is handed on stays as it was when the memory of the reading is used again', () => {
  const throwDice = dice(5);
  for (const largest of [30, 700, 5_000]) {
    const { protocol, readLent, ...ours } = reader('ours');
    const kept: Uint8Array[] = [];
    const subscription = new DirectSubscription(protocol, 'c', {}, ({ data }) => kept.push(data));
    const { sid } = protocol.subscriptions.add(subscription);
    const sent = Array.from({ length: 60 }, (_, at) => Buffer.alloc(Math.floor(throwDice() ** 3 * 9_000), `${at} `));
    const said = sent.map((data, at) => (at % 2 === 0 ? plain : withHeaders)('c', sid, data));
    for (const piece of inPieces(Buffer.concat(said), throwDice, largest)) readLent(piece);
    assert.equal(ours.broken, undefined);
    assert.deepEqual(
      kept.map((data) => Buffer.from(data)),
      sent,
    );
  }
});

test('a message in pieces is put together once, in memory that is used again when it is given back', () => {
  const memory = new MessageMemory();
  const { protocol, readLent } = reader('ours', memory);
  const kept: Uint8Array[] = [];
  const { sid } = protocol.subscriptions.add(new DirectSubscription(protocol, 'c', {}, ({ data }) => kept.push(data)));
  for (const said of [plain, withHeaders]) {
    const data = Buffer.alloc(200_000, 'x');
    for (const piece of inPieces(said('c', sid, data), () => 0.999_999, 8_000)) readLent(piece);
    assert.deepEqual(Buffer.from(kept.at(-1) ?? []), data);
    assert.ok((kept.at(-1)?.buffer.byteLength ?? 0) < data.length + 64 * 1024);
  }
  const [first, second] = kept;
  assert.ok(first !== undefined && second !== undefined && first.buffer !== second.buffer);
  memory.giveBack(first);
  for (const piece of inPieces(plain('c', sid, Buffer.alloc(150_000, 'z')), () => 0.5, 8_000)) readLent(piece);
  assert.equal(kept[2]?.buffer, first.buffer);
  assert.deepEqual(Buffer.from(second), Buffer.alloc(200_000, 'x'));
});

test('a message of a subscription that ended in the same piece is not delivered', () => {
  const { heard, protocol, sids, parse } = reader('ours');
  const [sid = 0] = sids;
  const before = plain('a', sid, Buffer.from('1'));
  parse(before);
  const subscription = protocol.subscriptions.get(sid);
  assert.ok(subscription instanceof DirectSubscription);
  protocol.subscriptions.cancel(subscription);
  parse(Buffer.concat([before, before]));
  assert.equal(heard.length, 1);
});

test('what is no NATS protocol breaks the connection and quotes nothing', () => {
  for (const text of [
    'MSG a 1\r\n',
    'MSG a x 3\r\nabc\r\n',
    'MSG a 1 -3\r\n',
    'HTTP/1.1 200 secret\r\n',
    'MSG a 1 2 3 4\r\n',
  ]) {
    const made = reader('ours');
    made.parse(Buffer.concat([plain('a', 1, Buffer.from('1')), Buffer.from(text)]));
    assert.match(made.broken?.message ?? '', /^the server sent something that is not the NATS protocol$/, text);
    assert.equal(made.heard.length, 1);
  }
});
