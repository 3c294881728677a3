import { HeddleError } from '../../errors.ts';
import { adviceOf } from '../../remedy.ts';
import type { Topology, Unknown } from '../../topology/topology.ts';
import { parseDuration } from '../flags/duration.ts';
import type { Session } from '../session.ts';
import type { WhereFlags } from './flags.ts';

/** Where the map comes from: a monitoring port where one is named, else the bus itself. Reads it again at each call. */
export async function openStatusSource(
  session: Session,
  { monitor, account }: WhereFlags,
  goesOn: boolean,
): Promise<{ where: string; read: () => Promise<Topology> }> {
  const { clock } = session.io;
  const signal = session.stop;
  if (monitor.length > 0) {
    const { readMonitor } = await import('../../topology/read-monitor.ts');
    const { timeout } = session.connectionFlags;
    const timeoutMs = timeout === undefined ? 5000 : parseDuration(timeout, '--timeout', { min: 1 });
    return {
      where: 'monitoring port',
      read: async () =>
        known(await readMonitor(monitor, { timeoutMs, account, signal, clock, addressCalled: '--monitor address' })),
    };
  }
  const { readTopology } = await import('../../topology/read-topology.ts');
  const bus = await session.connect({ reconnect: goesOn });
  return { where: bus.url, read: async () => known(await readTopology(bus, { signal, clock })) };
}

/** Where the map is unknown there is no status: the reason and the other way are the answer. */
function known(map: Topology | Unknown): Topology {
  if (map.known) return map;
  throw new HeddleError(map.code === 'refused' ? 'permission_denied' : 'connection_failed', map.reason, {
    ...adviceOf(map),
    retryable: map.code === 'unanswered',
  });
}
