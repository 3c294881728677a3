import { HeddleError } from '../../errors.ts';
import { adviceOf } from '../../remedy.ts';
import { HTTP_NONE, HTTP_UNASKED, type HttpWorkers } from '../../topology/http-workers.ts';
import { NOTHING_KEPT } from '../../topology/kept.ts';
import type { Topology, Unknown } from '../../topology/topology.ts';
import { parseDuration } from '../flags/duration.ts';
import type { Session } from '../session.ts';
import type { WhereFlags } from './flags.ts';
import type { Source } from './view.ts';

/** Where the map comes from: a monitoring port where one is named, else the bus itself. */
export async function openStatusSource(
  session: Session,
  { monitor, account }: WhereFlags,
  goesOn: boolean,
): Promise<Source> {
  const { clock } = session.io;
  const signal = session.stop;
  if (monitor.length > 0) {
    const { readMonitor } = await import('../../topology/read-monitor.ts');
    const { timeout } = session.connectionFlags;
    const timeoutMs = timeout === undefined ? 5000 : parseDuration(timeout, '--timeout', { min: 1 });
    return {
      where: 'monitoring port',
      onLink: () => () => {},
      read: async () => {
        const options = { timeoutMs, account, signal, clock, addressCalled: '--monitor address' };
        const map = known(await readMonitor(monitor, options));
        const kept = map.servers.some(({ jetstream }) => jetstream !== false) ? 'unknown' : NOTHING_KEPT;
        return { map, kept, http: map.gateways.length === 0 ? HTTP_NONE : UNTOLD };
      },
    };
  }
  const [{ readTopology }, { readKept }, { readHttpWorkers }] = await Promise.all([
    import('../../topology/read-topology.ts'),
    import('../../topology/read-kept.ts'),
    import('../../topology/read-http-workers.ts'),
  ]);
  const bus = await session.connect({ reconnect: goesOn });
  return {
    where: bus.url,
    onLink: (listener) =>
      bus.onEvent((event) => {
        if (event.kind === 'disconnected') listener(event.reason ?? `lost the connection to ${event.server}`);
        if (event.kind === 'reconnected') listener(undefined);
      }),
    read: async () => {
      const [seen, kept] = await Promise.all([readTopology(bus, { signal, clock }), readKept(bus)]);
      const map = known(seen);
      return { map, kept, http: await readHttpWorkers(bus, map, { signal, clock }) };
    },
  };
}

const UNTOLD: HttpWorkers = {
  ...HTTP_UNASKED,
  unknown: ['who works over HTTP: the gateways tell that on the bus, and not on a monitoring port'],
};

/** Where the map is unknown there is no status: the reason and the other way are the answer. */
function known(map: Topology | Unknown): Topology {
  if (map.known) return map;
  throw new HeddleError(map.code === 'refused' ? 'permission_denied' : 'connection_failed', map.reason, {
    ...adviceOf(map),
    retryable: map.code === 'unanswered',
  });
}
