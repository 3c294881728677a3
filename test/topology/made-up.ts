import type { Connection } from '../../src/topology/connection.ts';

/** `subject` or `subject @group` or `subject @group #handled`. */
export function client(cid: number, hears: readonly string[], more: Partial<Connection> = {}): Connection {
  return {
    serverId: 'S1',
    cid,
    kind: 'Client',
    name: undefined,
    lang: 'python3',
    version: '2.14.0',
    address: `10.0.0.${cid}:4000${cid}`,
    startedAt: '2026-04-29T12:00:00Z',
    lastActivity: '2026-04-29T12:00:01Z',
    rttMs: cid / 10,
    pendingBytes: 0,
    unlisted: 0,
    self: false,
    ...more,
    subscriptions: hears.map((each) => {
      const [subject = '', ...rest] = each.split(' ');
      const received = Number(rest.find((word) => word.startsWith('#'))?.slice(1) ?? 0);
      return { subject, queue: rest.find((word) => word.startsWith('@'))?.slice(1), received };
    }),
  };
}

/** A whole healthy Heddle bus, as the Python actors subscribe. */
export function healthy(): Connection[] {
  return [
    client(1, ['heddle.tasks.incoming #7']),
    client(2, ['heddle.tasks.echo.local @processors-echo #3', 'heddle.control.reload']),
    client(3, ['heddle.tasks.echo.local @processors-echo #4', 'heddle.control.reload']),
    client(4, ['heddle.tasks.summarizer.standard @workers-summarizer', 'heddle.control.reload']),
    client(5, ['heddle.goals.incoming @pipelines', 'heddle.control.reload', 'heddle.results.g1']),
    client(6, ['heddle.tasks.dead_letter']),
    client(7, ['heddle.>'], { name: undefined }),
    client(8, ['_INBOX.abc.*'], { name: 'heddle-ts status', lang: 'nats.js', self: true }),
    client(9, ['heddle.scheduler.nightly']),
    client(10, ['orders.*']),
    client(11, []),
  ];
}
