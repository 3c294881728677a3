import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type KV, Kvm } from '@nats-io/kv';
import { connect } from 'nats';
import { serving } from './child.ts';

// The least that anybody could write who needs what a gateway does: node:http and the official client, one handler, nothing checked
// but the signature. It says how near to an empty server any gateway can come that takes work, publishes it and waits for the server.

const [url = '', kind = 'memory', secret = ''] = process.argv.slice(2);
const bus = await connect({ servers: url, inboxPrefix: '_INBOX' });
const bucket: KV | undefined = kind === 'jetstream' ? await new Kvm(bus).create('by-hand', { ttl: 60_000 }) : undefined;
const records = new Map<string, string>();
let flushing: Promise<void> | undefined;

/** One word of the server for everybody who asks in one turn. */
function flush(): Promise<void> {
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
  if (bucket !== undefined) await bucket.put(`req.${id}`, record);
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
