import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { HeddleError } from '../../src/errors.ts';
import { isForDevelopment } from '../../src/transport/capabilities.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { BusUser } from '../../src/transport/permissions.ts';
import type { BusEvent, Message, Transport } from '../../src/transport/transport.ts';
import type { Home, HomeSetup, RunningHome } from './home.ts';

/** Generous, because it only ends a test that has failed already. */
const PATIENCE_MS = 15_000;

const USERS: readonly BusUser[] = [
  { user: 'all', password: 'a' },
  {
    user: 'limited',
    password: 'l',
    permissions: {
      publish: { allow: ['may.>', '_INBOX.>'], deny: ['may.not'] },
      subscribe: { allow: ['may.>', '_INBOX.>'], deny: ['may.hidden'] },
    },
  },
];
const ALL = { auth: { user: 'all', password: 'a' } };
const LIMITED = { auth: { user: 'limited', password: 'l' } };

const text = (message: Message): string => Buffer.from(message.data).toString();

/** Everything that the interface in src/transport/transport.ts promises, for one kind of bus. */
export function keepsPromises(home: Home, options: { skip?: string | false } = {}): void {
  describe(`${home.name} keeps the promises of a bus`, { skip: options.skip ?? false }, () => {
    delivery(home);
    groups(home);
    endings(home);
    requests(home);
    refusals(home);
    permissions(home);
    flushing(home);
    handlers(home);
    // Side by side, because a client waits a second before it tries again.
    describe('when the server goes away', { concurrency: true }, () => outages(home));
    news(home);
  });
}

function delivery(home: Home): void {
  test('a message reaches every subscription that matches, and no other', async (t) => {
    const { connect } = await running(home, t);
    const [a, b] = [await connect(), await connect()];
    const heard = new Hearing();
    const patterns: readonly (readonly [string, Transport])[] = [
      ['a.b', a],
      ['a.*', a],
      ['a.>', b],
      ['*.b', b],
      ['>', b],
      ['a', a],
      ['a.b.c', a],
      ['a.b.>', b],
      ['*', a],
      ['b.*', a],
      ['*.*.*', b],
    ];
    for (const [pattern, bus] of patterns) bus.subscribe(pattern, heard.as(pattern));
    await Promise.all([a.flush(), b.flush()]);
    a.publish('a.b', 'x');
    await heard.count(5);
    a.publish('a.b.c', 'y');
    await heard.count(10);
    await settled(a, b);
    assert.deepEqual(heard.sorted(), [
      '*.*.* a.b.c y',
      '*.b a.b x',
      '> a.b x',
      '> a.b.c y',
      'a.* a.b x',
      'a.> a.b x',
      'a.> a.b.c y',
      'a.b a.b x',
      'a.b.> a.b.c y',
      'a.b.c a.b.c y',
    ]);
  });

  test('messages of one publisher come in the order they were sent', async (t) => {
    const { connect } = await running(home, t);
    const [publisher, listener] = [await connect(), await connect()];
    const heard = new Hearing();
    listener.subscribe('order.*', heard.as(''));
    await listener.flush();
    const total = 2000;
    for (let index = 0; index < total; index += 1) publisher.publish(`order.${index % 3}`, String(index));
    await heard.count(total);
    assert.deepEqual(
      heard.lines.map((line) => line.split(' ')[2]),
      Array.from({ length: total }, (_, index) => String(index)),
    );
  });

  test('data arrives as it was, whatever it is, and is the receiver’s own', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const payloads = [new Uint8Array(), bytes, Buffer.from('\r\nPING\r\nPUB a 1\r\nx\r\n'), Buffer.alloc(200_000, 7)];
    const got: Uint8Array[] = [];
    const done = new Promise<void>((resolve) => {
      bus.subscribe('data', (message) => {
        got.push(Uint8Array.from(message.data));
        message.data.fill(0);
        if (got.length === payloads.length + 1) resolve();
      });
      bus.subscribe('data', (message) => message.data.fill(1));
    });
    for (const payload of payloads) bus.publish('data', payload);
    bus.publish('data', 'grüße');
    await within(done);
    assert.deepEqual(got, [...payloads.map((each) => Uint8Array.from(each)), new Uint8Array(Buffer.from('grüße'))]);
  });

  test('long text goes in its order among short messages, with headers and without', async (t) => {
    const { connect } = await running(home, t);
    const [bus, listener] = [await connect(), await connect()];
    const texts = Array.from({ length: 40 }, (_, at) => `${at} ${'grüße € '.repeat(at % 3 === 0 ? 1 : at * 900)}`);
    const got: string[] = [];
    const tags: (string | undefined)[] = [];
    const done = new Promise<void>((resolve) => {
      listener.subscribe('long', (message) => {
        got.push(text(message));
        tags.push(message.headers?.get('At'));
        if (got.length === texts.length) resolve();
      });
    });
    await listener.flush();
    texts.forEach((each, at) => {
      if (at % 2 === 0) bus.publish('long', each);
      else bus.publish('long', each, { headers: { At: String(at) }, reply: 'r' });
    });
    await within(done);
    assert.deepEqual(got, texts);
    assert.deepEqual(
      tags,
      texts.map((_, at) => (at % 2 === 0 ? undefined : String(at))),
    );
    assert.throws(() => bus.publish('long', 'x'.repeat(bus.info.maxPayload + 1)), { code: 'payload_too_large' });
    await bus.flush();
  });

  test('what is not given back stays as it came, whatever others give back', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const kept: Uint8Array[] = [];
    let seen = 0;
    bus.subscribe('kept', ({ data }) => void kept.push(data));
    bus.subscribe('kept', ({ data }) => {
      seen += data.length;
      bus.giveBack?.(data);
      // Twice is once.
      bus.giveBack?.(data);
    });
    const sent = Array.from({ length: 30 }, (_, at) => Buffer.alloc(100_000 + at * 10_000, at));
    for (const data of sent) {
      bus.publish('kept', data);
      await bus.flush();
    }
    await settled(bus);
    assert.equal(
      seen,
      sent.reduce((sum, { length }) => sum + length, 0),
    );
    assert.ok(kept.every((data, at) => Buffer.compare(data, sent[at] ?? Buffer.alloc(0)) === 0));
  });

  test('nothing is delivered inside publish or subscribe', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    let publishing = false;
    let inside = 0;
    let answered = 0;
    const done = new Promise<void>((resolve) => {
      bus.subscribe('step', () => {
        if (publishing) inside += 1;
        answered += 1;
        if (answered === 50) return resolve();
        publishing = true;
        bus.publish('step', '');
        bus.subscribe('step.other', () => {});
        publishing = false;
      });
    });
    publishing = true;
    bus.publish('step', '');
    publishing = false;
    await within(done);
    assert.equal(inside, 0);
  });

  test('headers and reply subjects travel along', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const messages: Message[] = [];
    const done = new Promise<void>((resolve) => {
      bus.subscribe('h', (message) => {
        messages.push(message);
        if (messages.length === 4) resolve();
      });
    });
    bus.publish('h', 'x', {
      headers: { Traceparent: '00-ab', 'x-empty': '', 'x-unicode': ' grüße ' },
      reply: 're.ply',
    });
    bus.publish('h', '', { headers: { __proto__x: '1' } });
    bus.publish('h', 'plain');
    bus.publish('h', 'none', { headers: {} });
    await within(done);
    const [first, second, third, fourth] = messages as [Message, Message, Message, Message];
    assert.equal(first.reply, 're.ply');
    assert.equal(first.headers?.code, 0);
    assert.deepEqual(first.headers?.keys(), ['Traceparent', 'x-empty', 'x-unicode']);
    assert.equal(first.headers?.get('Traceparent'), '00-ab');
    assert.equal(first.headers?.get('traceparent'), '');
    assert.equal(first.headers?.has('x-empty'), true);
    assert.equal(first.headers?.has('toString'), false);
    assert.deepEqual(first.headers?.values('x-unicode'), ['grüße']);
    assert.deepEqual(first.headers?.values('absent'), []);
    assert.equal(second.headers?.get('__proto__x'), '1');
    assert.equal(third.headers, undefined);
    assert.ok(!third.reply);
    assert.equal(fourth.headers, undefined);
    assert.equal(text(fourth), 'none');
  });
}

function groups(home: Home): void {
  test('a queue group gives each message to exactly one member', async (t) => {
    const { connect } = await running(home, t);
    const buses = [await connect(), await connect(), await connect()];
    const publisher = await connect();
    const heard = new Hearing();
    for (const bus of buses) bus.subscribe('jobs.*', heard.as('crew'), { queue: 'crew' });
    buses[0]?.subscribe('jobs.>', heard.as('other'), { queue: 'other' });
    buses[1]?.subscribe('jobs.*', heard.as('all'));
    await Promise.all(buses.map((bus) => bus.flush()));
    const total = 200;
    for (let index = 0; index < total; index += 1) publisher.publish(`jobs.${index}`, '');
    await heard.count(3 * total);
    await settled(publisher, ...buses);
    for (const name of ['crew', 'other', 'all']) {
      const subjects = heard.lines
        .filter((line) => line.startsWith(`${name} `))
        .map((line) => Number(line.split(/[ .]/)[2]));
      assert.deepEqual(
        subjects.sort((a, b) => a - b),
        Array.from({ length: total }, (_, index) => index),
        name,
      );
    }
  });

  test('work is shared between the members', async (t) => {
    const { connect } = await running(home, t);
    const buses = [await connect(), await connect()] as const;
    const shares = buses.map((bus) => bus.subscribe('jobs', () => {}, { queue: 'crew' }));
    await Promise.all(buses.map((bus) => bus.flush()));
    for (let index = 0; index < 300; index += 1) buses[0].publish('jobs', '');
    await until(() => shares.reduce((sum, share) => sum + share.received, 0) === 300);
    for (const share of shares) assert.ok(share.received > 50, `shares ${shares.map((each) => each.received)}`);
  });

  test('members that left get nothing, and the others everything', async (t) => {
    const { connect } = await running(home, t);
    const [a, b] = [await connect(), await connect()];
    const leaving = a.subscribe('jobs', () => {}, { queue: 'crew' });
    const staying = b.subscribe('jobs', () => {}, { queue: 'crew' });
    await Promise.all([a.flush(), b.flush()]);
    await leaving.drain();
    for (let index = 0; index < 50; index += 1) a.publish('jobs', '');
    await until(() => staying.received === 50);
    assert.equal(leaving.received, 0);
  });
}

function endings(home: Home): void {
  test('after unsubscribe the handler is not called', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const subscription = bus.subscribe('a', () => {});
    bus.publish('a', '');
    await until(() => subscription.received === 1);
    bus.publish('a', '');
    subscription.unsubscribe();
    subscription.unsubscribe();
    bus.publish('a', '');
    await settled(bus);
    assert.equal(subscription.received, 1);
    assert.equal(await within(subscription.closed), undefined);
    assert.equal(subscription.pattern, 'a');
    assert.equal(subscription.queue, undefined);
  });

  test('a subscription that another handler ended is not heard', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const both = [0, 1].map((index) => bus.subscribe('a', () => both[1 - index]?.unsubscribe()));
    bus.publish('a', '');
    await settled(bus);
    assert.deepEqual(both.map((each) => each.received).sort(), [0, 1]);
  });

  test('max ends a subscription after so many', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const heard = new Hearing();
    const subscription = bus.subscribe('a', heard.as(''), { max: 3, queue: 'q' });
    for (let index = 0; index < 6; index += 1) bus.publish('a', String(index));
    assert.equal(await within(subscription.closed), undefined);
    await settled(bus);
    assert.deepEqual(heard.lines, [' a 0', ' a 1', ' a 2']);
    assert.equal(subscription.received, 3);
    assert.equal(subscription.queue, 'q');
  });

  test('drain hands over what is already on its way, then ends', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const subscription = bus.subscribe('a', () => {});
    for (let index = 0; index < 100; index += 1) bus.publish('a', '');
    await within(subscription.drain());
    assert.equal(subscription.received, 100);
    bus.publish('a', '');
    await settled(bus);
    assert.equal(subscription.received, 100);
    assert.equal(await within(subscription.closed), undefined);
    await within(subscription.drain());
  });

  test('draining the bus delivers, sends and closes', async (t) => {
    const { connect } = await running(home, t);
    const [bus, other] = [await connect(), await connect()];
    const got = other.subscribe('out', () => {});
    await other.flush();
    // An answer to a message that arrives while draining still leaves.
    const subscription = bus.subscribe('in', () => bus.publish('out', 'answer'));
    for (let index = 0; index < 100; index += 1) bus.publish('in', '');
    await within(bus.drain());
    assert.equal(subscription.received, 100);
    await until(() => got.received === 100);
    assert.equal(await within(bus.closed), undefined);
    assert.throws(() => bus.publish('out', ''), { code: 'connection_closed' });
    await within(bus.drain());
  });

  test('close is at once, idempotent, and ends everything', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const events = eventsOf(bus);
    const subscription = bus.subscribe('a', () => {});
    const asking = assert.rejects(bus.request('quiet', '', { timeoutMs: PATIENCE_MS }), HeddleError);
    bus.subscribe('quiet', () => {});
    await bus.flush();
    await within(Promise.all([bus.close(), bus.close()]));
    await bus.close();
    assert.equal(await within(bus.closed), undefined);
    assert.equal(await within(subscription.closed), undefined);
    await within(asking);
    assert.deepEqual(events, ['closed']);
    for (const attempt of [() => bus.publish('a', ''), () => void bus.subscribe('a', () => {})]) {
      assert.throws(attempt, { name: 'HeddleError', code: 'connection_closed' });
    }
    for (const attempt of [bus.flush(), bus.rtt(), bus.request('a', '', { timeoutMs: 10 })]) {
      await assert.rejects(attempt, { name: 'HeddleError', code: 'connection_closed' });
    }
  });

  test('a handler may close the bus, and hears nothing more', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    let calls = 0;
    bus.subscribe('a', () => {
      calls += 1;
      void bus.close();
    });
    for (let index = 0; index < 10; index += 1) bus.publish('a', '');
    await within(bus.closed);
    assert.equal(calls, 1);
  });
}

function requests(home: Home): void {
  test('a request gets one answer', async (t) => {
    const { connect } = await running(home, t);
    const [asker, server] = [await connect(), await connect()];
    server.subscribe('double.*', (message) => {
      server.publish(message.reply ?? 'nowhere', `${text(message)}${text(message)}`, {
        headers: { 'X-Of': message.subject },
      });
      server.publish(message.reply ?? 'nowhere', 'too much');
    });
    await server.flush();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        asker.request(`double.${index}`, String(index), { timeoutMs: PATIENCE_MS }),
      ),
    );
    assert.deepEqual(
      answers.map(text),
      Array.from({ length: 50 }, (_, index) => `${index}${index}`),
    );
    assert.equal(answers[7]?.headers?.get('X-Of'), 'double.7');
  });

  test('nobody listening is told at once', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    await assert.rejects(within(bus.request('nobody.here', 'x', { timeoutMs: 10 * PATIENCE_MS })), {
      name: 'HeddleError',
      code: 'nobody_listens',
    });
    const none: Message[] = [];
    for await (const message of bus.requestMany('nobody.here', '', { timeoutMs: 10 * PATIENCE_MS })) none.push(message);
    assert.deepEqual(none, []);
  });

  test('a server that does not answer is a timeout', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    bus.subscribe('quiet', () => {});
    await assert.rejects(within(bus.request('quiet', '', { timeoutMs: 30 })), { name: 'HeddleError', code: 'timeout' });
  });

  test('a request can be given up', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    bus.subscribe('quiet', () => {});
    const abort = new AbortController();
    const asking = bus.request('quiet', '', { timeoutMs: PATIENCE_MS, signal: abort.signal });
    abort.abort();
    await assert.rejects(within(asking), { name: 'HeddleError', code: 'interrupted' });
    await assert.rejects(bus.request('quiet', '', { timeoutMs: PATIENCE_MS, signal: abort.signal }), {
      code: 'interrupted',
    });
  });

  test('request-many gives every answer, until max, a stall or the end of time', async (t) => {
    const { connect } = await running(home, t);
    const [asker, ...servers] = [await connect(), await connect(), await connect(), await connect()];
    for (const [index, server] of servers.entries()) {
      server.subscribe('who', (message) => server.publish(message.reply ?? '', `server ${index}`));
    }
    await Promise.all(servers.map((server) => server.flush()));
    const ask = async (options: { stallMs?: number; max?: number; timeoutMs: number }) => {
      const answers: string[] = [];
      for await (const message of asker.requestMany('who', '', options)) answers.push(text(message));
      return answers.sort();
    };
    const everybody = ['server 0', 'server 1', 'server 2'];
    assert.deepEqual(await within(ask({ stallMs: 300, timeoutMs: PATIENCE_MS })), everybody);
    assert.deepEqual(await within(ask({ timeoutMs: 300 })), everybody);
    assert.deepEqual(await within(ask({ max: 3, timeoutMs: PATIENCE_MS })), everybody);
    assert.equal((await within(ask({ max: 2, timeoutMs: PATIENCE_MS }))).length, 2);
    // A reader that leaves early leaves nothing behind.
    for await (const message of asker.requestMany('who', '', { timeoutMs: PATIENCE_MS })) {
      assert.ok(everybody.includes(text(message)));
      break;
    }
  });

  test('an inbox is a new subject each time', async (t) => {
    const { connect } = await running(home, t);
    const [bus, other] = [await connect({ inboxPrefix: '_INBOX.mine' }), await connect()];
    const inboxes = Array.from({ length: 100 }, () => bus.inbox());
    assert.equal(new Set([...inboxes, other.inbox()]).size, 101);
    for (const inbox of inboxes) assert.match(inbox, /^_INBOX\.mine\.[^.]+(\.[^.]+)*$/);
    assert.match(other.inbox(), /^_INBOX\.[^.]/);
    other.subscribe('ask', (message) => other.publish('seen', message.reply ?? ''));
    const seen = new Hearing();
    other.subscribe('seen', seen.as(''));
    await other.flush();
    await assert.rejects(bus.request('ask', '', { timeoutMs: 30 }), { code: 'timeout' });
    await seen.count(1);
    assert.match(seen.lines[0] ?? '', /^ seen _INBOX\.mine\./);
  });
}

function refusals(home: Home): void {
  test('subjects that could say something else are refused before they are sent', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const heard = new Hearing();
    bus.subscribe('>', heard.as(''));
    const never = [
      '',
      ' ',
      'a b',
      'a\tb',
      'a\r\nPUB b 0\r\n\r\n',
      'a\n',
      'a\r',
      '.a',
      'a.',
      'a..b',
      '.',
      'a.\u0000',
      'a\u007f',
      '\u0001',
      'x'.repeat(5000),
    ];
    for (const subject of [...never, '*', 'a.*', '>', 'a.>']) {
      assert.throws(() => bus.publish(subject, ''), { code: 'subject_invalid' }, JSON.stringify(subject));
      assert.throws(
        () => bus.publish('a', '', { reply: subject || ' ' }),
        { code: 'subject_invalid' },
        `reply ${JSON.stringify(subject)}`,
      );
      await assert.rejects(bus.request(subject, '', { timeoutMs: 50 }), { code: 'subject_invalid' });
    }
    for (const pattern of [...never, '>.a', 'a.>.b']) {
      assert.throws(() => bus.subscribe(pattern, () => {}), { code: 'subject_invalid' }, JSON.stringify(pattern));
    }
    for (const queue of ['', 'a b', 'a\r\nb', '\n']) {
      assert.throws(() => bus.subscribe('a', () => {}, { queue }), { code: 'subject_invalid' }, JSON.stringify(queue));
    }
    for (const max of [0, -1, 1.5, Number.NaN])
      assert.throws(() => bus.subscribe('a', () => {}, { max }), { code: 'input_invalid' });
    bus.publish('still.here', 'x');
    await heard.count(1);
    await settled(bus);
    assert.deepEqual(heard.lines, [' still.here x']);
  });

  test('headers that could begin a line are refused before they are sent', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    for (const headers of [
      { 'a\r\nb': 'x' },
      { a: 'x\r\ny' },
      { a: '\n' },
      { 'a:b': 'x' },
      { '': 'x' },
      { 'a b': 'x' },
    ]) {
      assert.throws(
        () => bus.publish('a', '', { headers: headers as Record<string, string> }),
        { code: 'input_invalid' },
        JSON.stringify(headers),
      );
    }
    await bus.flush();
  });

  test('odd but valid subjects work', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const heard = new Hearing();
    bus.subscribe('>', heard.as(''));
    const subjects = [
      'a*b',
      'a>',
      '-',
      '$x',
      'grüße.ß',
      '__proto__',
      'constructor.toString',
      'A',
      'a',
      `${'t.'.repeat(60)}end`,
    ];
    for (const subject of subjects) bus.publish(subject, '');
    await heard.count(subjects.length);
    assert.deepEqual(
      heard.lines,
      subjects.map((subject) => ` ${subject} `),
    );
  });

  test('a payload over the limit is refused before it is sent', async (t) => {
    const { connect } = await running(home, t, { maxPayload: 1000 });
    const bus = await connect();
    assert.equal(bus.info.maxPayload, 1000);
    const subscription = bus.subscribe('a', () => {});
    const tooLarge = { name: 'HeddleError', code: 'payload_too_large', message: /1000/ };
    assert.throws(() => bus.publish('a', new Uint8Array(1001)), tooLarge);
    assert.throws(() => bus.publish('a', 'ü'.repeat(501)), tooLarge);
    assert.throws(() => bus.publish('a', new Uint8Array(990), { headers: { a: 'b' } }), tooLarge);
    await assert.rejects(bus.request('a', new Uint8Array(1001), { timeoutMs: 50 }), tooLarge);
    bus.publish('a', new Uint8Array(1000));
    bus.publish('a', new Uint8Array(982), { headers: { a: 'b' } });
    await until(() => subscription.received === 2);
    await bus.flush();
  });
}

function permissions(home: Home): void {
  test('who is refused entry is told so', async (t) => {
    const { connect } = await running(home, t, { users: USERS });
    await assert.rejects(connect(), { name: 'HeddleError', code: 'auth_missing' });
    await assert.rejects(connect({ auth: { user: 'all', password: 'wrong-word' } }), (error: HeddleError) => {
      assert.equal(error.code, 'auth_wrong');
      assert.doesNotMatch(`${error.message} ${adviceText(error)}`, /wrong-word/);
      return true;
    });
    const bus = await connect(ALL);
    assert.equal(bus.info.authRequired, true);
  });

  test('a forbidden publish fails the next flush, and only that', async (t) => {
    const { connect } = await running(home, t, { users: USERS });
    const [bus, watcher] = [await connect(LIMITED), await connect(ALL)];
    const heard = new Hearing();
    watcher.subscribe('>', heard.as(''));
    await watcher.flush();
    const events = eventsOf(bus);
    bus.publish('may.yes', '1');
    bus.publish('elsewhere', '2');
    bus.publish('may.not', '3');
    await assert.rejects(within(bus.flush()), {
      name: 'HeddleError',
      code: 'permission_denied',
      message: /elsewhere|may\.not/,
    });
    await bus.flush();
    bus.publish('may.yes', '4');
    await bus.flush();
    await heard.count(2);
    await settled(watcher);
    assert.deepEqual(heard.lines, [' may.yes 1', ' may.yes 4']);
    assert.deepEqual(events, ['permission publish elsewhere', 'permission publish may.not']);
  });

  test('a forbidden subscription ends, and fails the next flush', async (t) => {
    const { connect } = await running(home, t, { users: USERS });
    const bus = await connect(LIMITED);
    const events = eventsOf(bus);
    const allowed = bus.subscribe('may.*', () => {});
    const forbidden = bus.subscribe('elsewhere.>', () => {});
    await assert.rejects(within(bus.flush()), { name: 'HeddleError', code: 'permission_denied', message: /elsewhere/ });
    assert.equal((await within(forbidden.closed))?.code, 'permission_denied');
    assert.deepEqual(events, ['permission subscribe elsewhere.>']);
    await bus.flush();
    bus.publish('may.x', '');
    await until(() => allowed.received === 1);
  });

  test('a forbidden queue subscription too', async (t) => {
    const { connect } = await running(home, t, { users: USERS });
    const bus = await connect(LIMITED);
    const forbidden = bus.subscribe('elsewhere', () => {}, { queue: 'q' });
    await assert.rejects(within(bus.flush()), { code: 'permission_denied' });
    assert.equal((await within(forbidden.closed))?.code, 'permission_denied');
  });

  test('a wildcard does not see what is denied within it', async (t) => {
    const { connect } = await running(home, t, { users: USERS });
    const [bus, publisher] = [await connect(LIMITED), await connect(ALL)];
    const heard = new Hearing();
    bus.subscribe('may.*', heard.as(''));
    await bus.flush();
    publisher.publish('may.hidden', '');
    publisher.publish('may.seen', '');
    await heard.count(1);
    await settled(bus);
    assert.deepEqual(heard.lines, [' may.seen ']);
  });

  test('a forbidden request fails at once', async (t) => {
    const { connect } = await running(home, t, { users: USERS });
    const bus = await connect(LIMITED);
    await assert.rejects(within(bus.request('elsewhere', '', { timeoutMs: 10 * PATIENCE_MS })), {
      name: 'HeddleError',
      code: 'permission_denied',
    });
    await bus.flush().catch(() => {});
  });
}

function flushing(home: Home): void {
  test('what was flushed has reached the server before anything that comes after', async (t) => {
    const { connect } = await running(home, t);
    const [listener, publisher] = [await connect(), await connect()];
    for (let round = 0; round < 20; round += 1) {
      const heard = new Hearing();
      const subscription = listener.subscribe(`round.${round}`, heard.as(''));
      await listener.flush();
      // Subscribed before this is published, without any wait.
      publisher.publish(`round.${round}`, '');
      await publisher.flush();
      await listener.flush();
      assert.equal(heard.lines.length, 1, `round ${round}`);
      subscription.unsubscribe();
    }
  });

  test('many flushes side by side all end', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    await within(Promise.all(Array.from({ length: 20 }, () => bus.flush())));
    const milliseconds = await bus.rtt();
    assert.ok(milliseconds >= 0 && milliseconds < PATIENCE_MS);
  });
}

function handlers(home: Home): void {
  test('a handler that throws ends nothing, and is an event', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const events = eventsOf(bus);
    const heard = new Hearing();
    bus.onEvent(() => {
      throw new Error('a listener that throws stops nobody either');
    });
    const later = eventsOf(bus);
    bus.subscribe('a', (message) => {
      if (text(message) === 'bad') throw new Error('kaputt');
      heard.as('')(message);
    });
    bus.subscribe('a', async (message) => {
      if (text(message) === 'worse') throw new Error('later');
    });
    for (const word of ['1', 'bad', '2', 'worse', '3']) bus.publish('a', word);
    await heard.count(4);
    await until(() => events.length === 2);
    assert.deepEqual(heard.lines, [' a 1', ' a 2', ' a worse', ' a 3']);
    assert.deepEqual(events, ['error internal kaputt', 'error internal later']);
    assert.deepEqual(later, events);
    await bus.flush();
  });

  test('a listener that was taken away hears nothing', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const heard: string[] = [];
    const listener = (event: BusEvent) => void heard.push(event.kind);
    const undo = bus.onEvent(listener);
    bus.onEvent(listener);
    undo();
    undo();
    await bus.close();
    assert.deepEqual(heard, ['closed']);
  });
}

function outages(home: Home): void {
  test('without reconnect a lost connection is closed, with the reason', async (t) => {
    const { connect, kill } = await running(home, t);
    const bus = await connect();
    const events = eventsOf(bus);
    const subscription = bus.subscribe('a', () => {});
    bus.subscribe('quiet', () => {});
    await bus.flush();
    const asking = assert.rejects(bus.request('quiet', '', { timeoutMs: 10 * PATIENCE_MS }), {
      code: 'connection_lost',
    });
    await bus.flush();
    await kill();
    assert.equal((await within(bus.closed))?.code, 'connection_lost');
    assert.equal((await within(subscription.closed))?.code, 'connection_lost');
    await within(asking);
    assert.deepEqual(events, ['disconnected', 'closed connection_lost']);
    assert.throws(() => bus.publish('a', ''), { code: 'connection_lost' });
    await assert.rejects(bus.flush(), { code: 'connection_lost' });
    await bus.close();
  });

  test('nothing listens: the connect is refused', async (t) => {
    const { connect, kill, revive } = await running(home, t);
    await kill();
    await assert.rejects(within(connect()), { name: 'HeddleError', code: 'connection_refused' });
    await revive();
    await (await connect()).flush();
  });

  test('with reconnect subscriptions come back, groups and all', async (t) => {
    const { connect, kill, revive } = await running(home, t);
    const bus = await connect({ reconnect: true });
    const events = eventsOf(bus);
    const heard = new Hearing();
    bus.subscribe('plain.*', heard.as('plain'));
    bus.subscribe('jobs', heard.as('one'), { queue: 'crew' });
    bus.subscribe('jobs', heard.as('one'), { queue: 'crew' });
    const gone = bus.subscribe('plain.*', heard.as('gone'));
    gone.unsubscribe();
    await bus.flush();
    await kill();
    await until(() => events.includes('reconnecting'));
    await revive();
    await until(() => events.includes('reconnected'));
    const publisher = await connect();
    await bus.flush().catch(() => {});
    publisher.publish('plain.x', '');
    publisher.publish('jobs', '');
    await heard.count(2);
    await settled(publisher, bus);
    assert.deepEqual(heard.sorted(), ['one jobs ', 'plain plain.x ']);
    assert.equal(events[0], 'disconnected');
    assert.equal(events.at(-1), 'reconnected');
    assert.ok(
      events.slice(1, -1).every((event) => event === 'reconnecting'),
      events.join(', '),
    );
    assert.equal(
      ((await publisher.request('plain.x', '', { timeoutMs: 50 }).catch((error: HeddleError) => error)) as HeddleError)
        .code,
      'timeout',
    );
  });

  test('requests work again after an outage', async (t) => {
    const { connect, kill, revive } = await running(home, t);
    const bus = await connect({ reconnect: true });
    const events = eventsOf(bus);
    bus.subscribe('ask', (message) => bus.publish(message.reply ?? '', 'yes'));
    assert.equal(text(await bus.request('ask', '', { timeoutMs: PATIENCE_MS })), 'yes');
    await kill();
    await revive();
    await until(() => events.includes('reconnected'));
    assert.equal(text(await bus.request('ask', '', { timeoutMs: PATIENCE_MS })), 'yes');
  });

  test('a flush that the outage overtook says that messages may be lost, once', async (t) => {
    const { connect, kill, revive } = await running(home, t);
    const bus = await connect({ reconnect: true });
    const events = eventsOf(bus);
    bus.publish('sure', '');
    await bus.flush();
    bus.publish('unsure', '');
    bus.publish('unsure', '');
    await kill();
    await until(() => events.includes('disconnected'));
    await assert.rejects(within(bus.flush()), { name: 'HeddleError', code: 'connection_lost', message: /2 messages/ });
    await revive();
    await until(() => events.includes('reconnected'));
    await within(bus.flush());
  });

  test('what is published during an outage is sent after it', async (t) => {
    const { connect, kill, revive } = await running(home, t);
    const bus = await connect({ reconnect: true });
    const events = eventsOf(bus);
    const heard = new Hearing();
    bus.subscribe('late.*', heard.as(''));
    await bus.flush();
    await kill();
    await until(() => events.includes('disconnected'));
    const reused = Buffer.from('0');
    for (let index = 0; index < 5; index += 1) {
      reused[0] = 48 + index;
      bus.publish(`late.${index}`, reused, { headers: { n: String(index) } });
    }
    assert.throws(() => bus.publish('a b', ''), { code: 'subject_invalid' });
    assert.throws(() => bus.publish('a', new Uint8Array(bus.info.maxPayload + 1)), { code: 'payload_too_large' });
    const during = bus.subscribe('late.>', () => {});
    await revive();
    await heard.count(5);
    assert.deepEqual(
      heard.lines,
      [0, 1, 2, 3, 4].map((index) => ` late.${index} ${index}`),
    );
    await until(() => during.received === 5);
  });

  test('close ends the attempts to reconnect', async (t) => {
    const { connect, kill } = await running(home, t);
    const bus = await connect({ reconnect: true });
    const events = eventsOf(bus);
    const subscription = bus.subscribe('a', () => {});
    await kill();
    await until(() => events.includes('reconnecting'));
    await within(bus.close());
    assert.equal(await within(bus.closed), undefined);
    assert.equal(await within(subscription.closed), undefined);
    assert.equal(events.at(-1), 'closed');
  });
}

function news(home: Home): void {
  test('it says what the server says of itself', async (t) => {
    const { connect } = await running(home, t);
    const bus = await connect();
    const { info } = bus;
    assert.notEqual(info.serverId, '');
    assert.notEqual(info.serverName, '');
    assert.match(info.version, /^\d+\.\d+\.\d+/);
    assert.equal(info.headers, true);
    assert.equal(info.jetstream, false);
    assert.equal(info.authRequired, false);
    assert.equal(info.encrypted, false);
    assert.equal(info.can.jetstream, home.name === 'nats-server');
    assert.equal(info.can.connz, home.name !== 'the in-memory bus');
    if (home.name !== 'nats-server') assert.equal(info.can.whoAmI, home.name === 'the broker');
    assert.equal(isForDevelopment(info), home.name !== 'nats-server');
    assert.ok((info.clientId ?? 0) > 0);
    assert.match(bus.url, /^\w+:\/\/[\w.:-]+$/);
  });

  test('it tells when the server is about to leave', async (t) => {
    const { connect, announceLeaving } = await running(home, t);
    if (announceLeaving === undefined) return t.skip('this server cannot be asked to');
    const bus = await connect({ reconnect: true });
    const events = eventsOf(bus);
    announceLeaving();
    await until(() => events.includes('lame_duck'));
    await bus.flush();
  });
}

/** A home for one test, and a connect whose connections end with it. */
async function running(home: Home, t: TestContext, setup: HomeSetup = {}): Promise<RunningHome> {
  const opened: Transport[] = [];
  // The connections first, then the server that they are connected to.
  t.after(() => Promise.all(opened.map((bus) => bus.close())));
  const running = await home.start(t, setup);
  return {
    ...running,
    async connect(options?: Partial<ConnectOptions>) {
      const bus = await running.connect(options);
      opened.push(bus);
      return bus;
    },
  };
}

/** Notes who heard what. */
class Hearing {
  readonly lines: string[] = [];
  #news = (): void => {};

  as(name: string): (message: Message) => void {
    return (message) => {
      this.lines.push(`${name} ${message.subject} ${text(message)}`);
      this.#news();
    };
  }

  sorted(): string[] {
    return [...this.lines].sort();
  }

  async count(wanted: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#news = () => {
        if (this.lines.length >= wanted) resolve();
      };
      this.#news();
    });
    await within(enough, () => `heard ${this.lines.length} of ${wanted}: ${this.lines.slice(-5).join(', ')}`);
  }
}

function eventsOf(bus: Transport): string[] {
  const events: string[] = [];
  bus.onEvent((event) => {
    if (event.kind === 'permission') events.push(`permission ${event.operation} ${event.subject}`);
    else if (event.kind === 'closed' && event.error !== undefined) events.push(`closed ${event.error.code}`);
    else if (event.kind === 'error')
      events.push(`error ${event.error.code} ${(event.error.cause as Error | undefined)?.message}`);
    else events.push(event.kind);
  });
  return events;
}

/** What was sent has been routed, and what was routed has been handed over. */
async function settled(...buses: readonly Transport[]): Promise<void> {
  for (const bus of buses) await bus.flush();
  for (const bus of buses) await bus.flush();
}

/** For what cannot be awaited otherwise. */
async function until(done: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!done()) {
    assert.ok(performance.now() < deadline, `waited ${PATIENCE_MS} ms for ${done}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function within<T>(promise: Promise<T>, what: () => string = () => 'it did not end'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what()} within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
