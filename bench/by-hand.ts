import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kvm } from '@nats-io/kv';
import { connect as connectOfficial } from 'nats';
import { openBucket } from '../src/store/open.ts';
import { systemClock } from '../src/time/clock.ts';
import { connect } from '../src/transport/nats.ts';
import { serving } from './child.ts';

// The least that anybody could write who needs what a gateway does: node:http and a client of the bus, one handler, nothing checked
// but the signature. It says how near to an empty server any gateway can come that takes work, publishes it and waits for the server.
// With the client that everybody has, and with ours, which is as near as a gateway of this project can come.

/** What a client of the bus must be able to do for it. */
interface Bus {
  publish(subject: string, text: string): void;
  flush(): Promise<unknown>;
  /** Keeps a record; undefined where none outlives the process. */
  readonly put: ((key: string, record: string) => Promise<unknown>) | undefined;
}

const [url = '', kind = 'memory', secret = '', client = 'official'] = process.argv.slice(2);
const bus = client === 'official' ? await official() : await ours();
const records = new Map<string, string>();

async function official(): Promise<Bus> {
  const connection = await connectOfficial({ servers: url, inboxPrefix: '_INBOX' });
  const bucket = kind === 'jetstream' ? await new Kvm(connection).create('by-hand', { ttl: 60_000 }) : undefined;
  return {
    publish: (subject, text) => connection.publish(subject, text),
    flush: () => connection.flush(),
    put: bucket && ((key, record) => bucket.put(key, record)),
  };
}

async function ours(): Promise<Bus> {
  const transport = await connect({ servers: [url], reconnect: true });
  const publish = (subject: string, text: string): void => transport.publish(subject, text);
  const flush = (): Promise<void> => transport.flush();
  if (kind !== 'jetstream') return { publish, flush, put: undefined };
  const bucket = await openBucket(
    { home: 'jetstream', bus: transport, clock: systemClock, replicas: 1 },
    'by-hand-ours',
  );
  await bucket.ensure({ ttlMs: 60_000 });
  return { publish, flush, put: (key, record) => bucket.put(key, record) };
}
let flushing: Promise<unknown> | undefined;

/** One word of the server for everybody who asks in one turn. */
function flush(): Promise<unknown> {
  flushing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    flushing = undefined;
    return bus.flush();
  });
  return flushing;
}

function isSigned(body: Buffer, headers: IncomingHttpHeaders): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const shown = Buffer.from(String(headers['x-hub-signature-256']));
  return shown.length === expected.length && timingSafeEqual(shown, expected);
}

async function take(body: Buffer, headers: IncomingHttpHeaders): Promise<{ status: number; text: string }> {
  const id = kind === 'webhook' ? String(headers['x-github-delivery']) : randomUUID();
  if (kind === 'webhook' && !isSigned(body, headers)) return { status: 401, text: '{}' };
  if (records.has(id)) return { status: 200, text: JSON.stringify({ accepted: true, duplicate: true }) };
  const asked = JSON.parse(body.toString()) as { worker_type: string; payload: unknown };
  const task = {
    ...{ task_id: id, parent_task_id: id, worker_type: asked.worker_type, payload: asked.payload },
    ...{
      model_tier: 'standard',
      priority: 'normal',
      created_at: new Date().toISOString(),
      request_id: id,
      metadata: {},
    },
  };
  const record = JSON.stringify({ id, state: 'accepted', created_at: task.created_at });
  records.set(id, record);
  await bus.put?.(`req.${id}`, record);
  bus.publish('heddle.tasks.incoming', JSON.stringify(task));
  await flush();
  return {
    status: 202,
    text: JSON.stringify({ accepted: true, task_id: id, request_id: id, status_url: `/v1/requests/${id}` }),
  };
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    void take(Buffer.concat(parts), request.headers).then(({ status, text }) => {
      const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      response.writeHead(status, head).end(text);
    });
  });
});
// As long as a gateway keeps them.
setInterval(() => records.clear(), 60_000).unref();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
serving(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
