import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../src/transport/nats.ts';
import { type NatsServer, natsServerFor } from '../helpers/nats-server.ts';

export interface Member extends NatsServer {
  readonly monitor: string;
}

/** Servers on loopback that route to each other, every port chosen by the kernel. Resolves when each knows all. */
export async function clusterFor(t: TestContext, size: number): Promise<Member[]> {
  const ports = mkdtempSync(join(tmpdir(), 'heddle-cluster-'));
  t.after(() => rmSync(ports, { recursive: true, force: true }));
  const members: Member[] = [];
  let seed: string | undefined;
  for (let at = 0; at < size; at += 1) {
    const server = await natsServerFor(t, {
      args: [
        '-n',
        `bus-${at + 1}`,
        '--cluster_name',
        'team',
        '--cluster',
        'nats://127.0.0.1:-1',
        '--http_port',
        '-1',
        '--ports_file_dir',
        ports,
        ...(seed === undefined ? [] : ['--routes', seed]),
      ],
    });
    const file = JSON.parse(await portsFile(ports, server.pid)) as { cluster: string[]; monitoring: string[] };
    seed ??= file.cluster[0]?.replace('nats:', 'nats-route:');
    members.push(Object.assign(server, { monitor: file.monitoring[0] ?? '' }));
  }
  for (const member of members) await knowsAll(member, size);
  return members;
}

async function portsFile(folder: string, pid: number): Promise<string> {
  for (;;) {
    const name = readdirSync(folder).find((each) => each.includes(`_${pid}.`));
    const path = join(folder, name ?? '');
    const text = name !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (text.endsWith('}')) return text;
    await pause(10);
  }
}

/** A server counts who answers: asked until all do. */
async function knowsAll({ url }: NatsServer, size: number): Promise<void> {
  const bus = await connect({ servers: [url], timeoutMs: 10_000 });
  try {
    for (;;) {
      const servers = new Set<string>();
      for await (const { data } of bus.requestMany('$SYS.REQ.ACCOUNT.PING.CONNZ', '{}', {
        timeoutMs: 2000,
        max: size,
        stallMs: 300,
      })) {
        servers.add((JSON.parse(new TextDecoder().decode(data)) as { server: { id: string } }).server.id);
      }
      if (servers.size === size) return;
      await pause(20);
    }
  } finally {
    await bus.close();
  }
}
