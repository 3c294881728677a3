import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { EventStream, type EventStreamOptions, encodeFrame, type StreamPipe } from '../../src/http/event-stream.ts';
import { type Route, route } from '../../src/http/route.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { get, problemOf, raw, serveFor, until } from './raw.ts';

noLeaks();

const text = (frame: Parameters<typeof encodeFrame>[0]): string => Buffer.from(encodeFrame(frame)).toString();

test('a frame is written as the format has it, whatever line ends its data holds', () => {
  assert.equal(
    text({ event: 'task/result', id: 'e-7', data: '{"a":1}' }),
    'event: task/result\nid: e-7\ndata: {"a":1}\n\n',
  );
  assert.equal(
    text({ data: 'one\ntwo\r\nthree\rfour\n' }),
    'data: one\ndata: two\ndata: three\ndata: four\ndata: \n\n',
  );
  assert.equal(text({ data: '' }), 'data: \n\n');
  assert.equal(text({ retry: 3000.4 }), 'retry: 3000\n\n');
  assert.equal(text({ comment: 'a\ndata: forged' }), ': a\n: data: forged\n\n');
  assert.equal(text({ id: '', data: 'ü ' }), 'id: \ndata: ü \n\n');
});

test('a name or an id that would be more than a line is refused', () => {
  for (const bad of ['a\nb', 'a\rb', 'a\0b']) {
    assert.throws(() => encodeFrame({ event: bad }), RangeError);
    assert.throws(() => encodeFrame({ id: bad }), RangeError);
  }
});

/** A reader that takes what waits when it is told to. */
function pipe() {
  const waiting: { bytes: Uint8Array; taken: () => void }[] = [];
  const seen: string[] = [];
  let over: 'ended' | 'destroyed' | undefined;
  const stream: StreamPipe = {
    write: (bytes, taken) => void waiting.push({ bytes, taken }),
    end: () => {
      over = 'ended';
    },
    destroy: () => {
      over = 'destroyed';
    },
  };
  return {
    stream,
    seen,
    get over() {
      return over;
    },
    take(most = Number.POSITIVE_INFINITY) {
      for (const { bytes, taken } of waiting.splice(0, most)) {
        seen.push(Buffer.from(bytes).toString());
        taken();
      }
    },
  };
}

const LIMITS = { streamBytes: 1_000, streamFrames: 5, streamStallMs: 60_000 };
const open = (options: EventStreamOptions = {}, limits = LIMITS) => {
  const clock = createFakeClock();
  const reader = pipe();
  return { clock, reader, stream: new EventStream(reader.stream, limits, clock, options) };
};

test('a heartbeat goes out on the clock, and stops with the stream', async () => {
  const { clock, reader, stream } = open({ heartbeat: { everyMs: 20_000, frame: { event: 'ping', data: '{}' } } });
  await clock.advance(19_999);
  reader.take();
  assert.deepEqual(reader.seen, []);
  await clock.advance(1);
  reader.take();
  await clock.advance(20_000);
  reader.take();
  assert.deepEqual(reader.seen, ['event: ping\ndata: {}\n\n', 'event: ping\ndata: {}\n\n']);
  stream.close();
  assert.equal(clock.waiting, 0);
  const silent = open();
  await silent.clock.advance(20_000);
  silent.reader.take();
  assert.deepEqual(silent.reader.seen, [': alive\n\n']);
  silent.stream.close();
});

test('over the count of frames that wait the stream is closed with them, and says why', async () => {
  const { reader, stream } = open();
  for (let at = 0; at < 5; at += 1) assert.ok(stream.send({ data: String(at) }));
  reader.take(2);
  assert.deepEqual(stream.unsent, { bytes: 27, frames: 3 });
  assert.ok(stream.send({ data: '5' }) && stream.send({ data: '6' }));
  assert.equal(stream.send({ data: '7' }), false);
  assert.deepEqual([await stream.ended, reader.over, stream.isOpen], ['overflow', 'destroyed', false]);
  assert.equal(stream.send({ data: '8' }), false);
  assert.deepEqual(stream.unsent, { bytes: 0, frames: 0 });
  reader.take();
  assert.deepEqual(stream.unsent, { bytes: 0, frames: 0 });
});

test('over the bytes that wait, too; what was taken does not count', async () => {
  const { reader, stream } = open();
  for (let at = 0; at < 100; at += 1) {
    assert.ok(stream.send({ data: 'x'.repeat(900) }));
    reader.take();
  }
  assert.ok(stream.send({ data: 'x'.repeat(900) }));
  assert.equal(stream.send({ data: 'x'.repeat(100) }), false);
  assert.equal(await stream.ended, 'overflow');
  assert.equal(stream.written, 101 * 908);
});

test('a reader that takes nothing at all for its time is closed, however little waits', async () => {
  const { clock, reader, stream } = open({}, { ...LIMITS, streamFrames: 100 });
  await clock.advance(20_000);
  await clock.advance(59_999);
  assert.ok(stream.isOpen);
  reader.take();
  await clock.advance(60_000);
  assert.ok(stream.isOpen, 'it moved meanwhile');
  await clock.advance(20_000);
  assert.deepEqual([await stream.ended, reader.over], ['stalled', 'destroyed']);
});

test('at the drain the last frame is a word of farewell', async () => {
  const { reader, stream } = open();
  stream.end('drained');
  reader.take();
  assert.deepEqual([await stream.ended, reader.over, reader.seen], ['drained', 'ended', ['event: bye\ndata: {}\n\n']]);
  const full = open();
  for (let at = 0; at < 5; at += 1) full.stream.send({ data: 'x' });
  full.stream.end('drained');
  assert.deepEqual([await full.stream.ended, full.reader.over], ['overflow', 'destroyed']);
  const left = open();
  left.stream.end('left');
  left.stream.end('drained');
  left.reader.take();
  assert.deepEqual([await left.stream.ended, left.reader.seen], ['left', []]);
});

function eventRoutes(onOpen: (stream: EventStream) => void, options?: EventStreamOptions): Route[] {
  return [
    route({
      method: 'GET',
      path: '/events',
      responses: {},
      run: (context) => {
        const stream = context.events(options);
        onOpen(stream);
        return stream;
      },
    }),
  ];
}

test('over HTTP it begins at once, passes proxies unbuffered, and tells what the client has seen', async (t) => {
  const streams: EventStream[] = [];
  const server = await serveFor(
    t,
    eventRoutes((stream) => streams.push(stream)),
  );
  const response = await fetch(`${server.url}/events`, {
    headers: { 'last-event-id': 'epoch-7é'.replace('é', '\u00c3\u00a9') },
  });
  const { headers } = response;
  assert.deepEqual(
    ['content-type', 'cache-control', 'x-accel-buffering', 'content-length'].map((name) => headers.get(name)),
    ['text/event-stream', 'no-cache', 'no', null],
  );
  assert.match(headers.get('heddle-request-id') ?? '', /./);
  assert.equal(streams[0]?.lastEventId, 'epoch-7é');
  assert.deepEqual([server.counts().streams, server.counts().inflight], [1, 0]);
  streams[0]?.send({ event: 'init', data: '{}', id: '1' });
  streams[0]?.close();
  assert.equal(await response.text(), 'event: init\nid: 1\ndata: {}\n\n');
  await until('it is told', () => server.access.length === 1);
  assert.deepEqual([server.access[0]?.bytes, server.access[0]?.complete], [28, true]);
  assert.equal(server.counts().streamsEnded.closed, 1);
});

test('a client that leaves ends its stream', async (t) => {
  const streams: EventStream[] = [];
  const server = await serveFor(
    t,
    eventRoutes((stream) => streams.push(stream)),
  );
  const client = await raw(t, server.port);
  client.send(get('/events'));
  await until('it is open', () => streams.length === 1);
  client.socket.destroy();
  assert.equal(await streams[0]?.ended, 'left');
  await until('it is counted', () => server.counts().streamsEnded.left === 1 && server.counts().streams === 0);
});

test('a client that cuts its connection while events flow breaks nothing', async (t) => {
  const streams: EventStream[] = [];
  const server = await serveFor(
    t,
    eventRoutes((stream) => streams.push(stream)),
  );
  for (let at = 0; at < 20; at += 1) {
    const client = await raw(t, server.port);
    client.send(get('/events'));
    await until('it is open', () => streams.length === at + 1);
    const stream = streams[at];
    client.socket.resetAndDestroy();
    await until('it has ended', () => stream?.send({ data: 'x'.repeat(at * 500) }) === false);
    assert.ok(['left', 'overflow'].includes(String(await stream?.ended)));
  }
  await until('nothing is left', () => server.counts().streams === 0 && server.counts().connections === 0);
  assert.deepEqual(server.errors, []);
});

test('a reader that is too slow holds no more than its bound, and loses its connection', async (t) => {
  const streams: EventStream[] = [];
  const server = await serveFor(
    t,
    eventRoutes((stream) => streams.push(stream)),
    {
      limits: { streamBytes: 200_000, streamFrames: 1_000 },
    },
  );
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  socket.write(get('/events'));
  await until('it is open', () => streams.length === 1);
  const [stream] = streams;
  let most = 0;
  let sent = 0;
  while (stream?.send({ data: 'x'.repeat(10_000) }) === true) {
    sent += 1;
    most = Math.max(most, stream.unsent.bytes);
    assert.ok(sent < 10_000, 'it never was too much');
    if (sent % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(await stream?.ended, 'overflow');
  assert.ok(most <= 200_000, `${most} bytes`);
  await until('it is gone', () => server.counts().connections === 0);
  assert.deepEqual([server.counts().streamsEnded.overflow, server.access[0]?.complete], [1, false]);
});

test('a reader that keeps up may take any amount', async (t) => {
  const streams: EventStream[] = [];
  const server = await serveFor(
    t,
    eventRoutes((stream) => streams.push(stream)),
    {
      limits: { streamBytes: 100_000, streamFrames: 10 },
    },
  );
  const response = await fetch(`${server.url}/events`);
  const [stream] = streams;
  const all = response.text();
  for (let at = 0; at < 300; at += 1) {
    await until('there is room', () => (stream?.unsent.frames ?? 0) < 5);
    assert.ok(stream?.send({ data: 'x'.repeat(10_000) }));
  }
  stream?.close();
  assert.equal((await all).length, 300 * 10_008);
});

test('HEAD of a stream is its headers; one stream too many is 503 with a time to come back', async (t) => {
  const streams: EventStream[] = [];
  const server = await serveFor(
    t,
    eventRoutes((stream) => streams.push(stream)),
    { limits: { streams: 1 } },
  );
  const head = await fetch(`${server.url}/events`, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'text/event-stream']);
  await until('it is over', () => server.counts().streams === 0);
  const first = await raw(t, server.port);
  first.send(get('/events'));
  await until('it is open', () => server.counts().streams === 1);
  const second = await fetch(`${server.url}/events`);
  assert.deepEqual([second.status, second.headers.get('retry-after')], [503, '5']);
  assert.equal((await problemOf(second)).code, 'overloaded');
});

test('a stream that is opened too late, or is not its own, ends the request and nothing else', async (t) => {
  const go: (() => void)[] = [];
  const streams: EventStream[] = [];
  const server = await serveFor(t, [
    ...eventRoutes((stream) => streams.push(stream)),
    route({
      method: 'GET',
      path: '/late',
      responses: {},
      run: async (context) => {
        await new Promise<void>((resolve) => go.push(resolve));
        return context.events();
      },
    }),
    route({ method: 'GET', path: '/foreign', responses: {}, run: () => streams[0] ?? assert.fail('no stream') }),
  ]);
  const late = await raw(t, server.port);
  late.send(get('/late'));
  await until('it waits', () => go.length === 1);
  late.socket.destroy();
  await until('it has left', () => server.counts().inflight === 0);
  go[0]?.();
  const listener = await raw(t, server.port);
  listener.send(get('/events'));
  await until('it is open', () => streams.length === 1);
  assert.deepEqual(server.errors, [], 'that a client left is no failure');
  assert.equal((await fetch(`${server.url}/foreign`)).status, 500);
  assert.equal(server.errors.length, 1);
  assert.ok(streams[0]?.isOpen);
});

test('a route that fails after its stream began ends it, and is reported', async (t) => {
  const server = await serveFor(t, [
    route({
      method: 'GET',
      path: '/events',
      responses: {},
      run: async (context) => {
        context.events().send({ data: 'first' });
        await Promise.resolve();
        throw new Error('then it broke');
      },
    }),
  ]);
  assert.equal(await (await fetch(`${server.url}/events`)).text(), 'data: first\n\n');
  assert.deepEqual(server.errors.map(String), ['Error: then it broke']);
});
