import { HeddleError } from '../../errors.ts';
import type { Topology, Unknown } from '../../topology/topology.ts';
import type { CommandOptions } from '../command.ts';
import type { Session } from '../session.ts';
import { parseDuration } from '../settings/duration.ts';
import { readConnectionFlags } from '../settings/flags.ts';

/** Where the map comes from: a monitoring port where one is named, else the bus itself. Reads it again at each call. */
export async function openStatusSource(
  session: Session,
  options: CommandOptions,
  goesOn: boolean,
): Promise<{ where: string; read: () => Promise<Topology> }> {
  const { monitor } = options;
  const { clock } = session.io;
  const signal = session.stop;
  if (Array.isArray(monitor)) {
    const { readMonitor } = await import('../../topology/read-monitor.ts');
    const { timeout } = readConnectionFlags(options);
    const timeoutMs = timeout === undefined ? 5000 : parseDuration(timeout, '--timeout', { min: 1 });
    const account = typeof options.account === 'string' ? options.account : undefined;
    return {
      where: 'monitoring port',
      read: async () => known(await readMonitor(monitor as string[], { timeoutMs, account, signal, clock })),
    };
  }
  if (options.account !== undefined)
    throw new HeddleError('usage', '--account goes with --monitor: the bus shows only our own');
  const { readTopology } = await import('../../topology/read-topology.ts');
  const bus = await session.connect({ reconnect: goesOn });
  return { where: bus.url, read: async () => known(await readTopology(bus, { signal, clock })) };
}

/** Where the map is unknown there is no status: the reason and the other way are the answer. */
function known(map: Topology | Unknown): Topology {
  if (map.known) return map;
  throw new HeddleError(map.code === 'refused' ? 'permission_denied' : 'connection_failed', map.reason, {
    hint: map.hint,
    retryable: map.code === 'unanswered',
  });
}
