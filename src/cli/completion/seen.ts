import { Groups } from '../../deadletter/groups.ts';
import { look } from '../../deadletter/look.ts';
import { chooser } from '../../deadletter/select.ts';
import { openJetStreamHome } from '../../letters/jetstream-home.ts';
import type { Clock } from '../../time/clock.ts';
import { readTopology } from '../../topology/read-topology.ts';
import { EVERY_TIER } from '../../topology/role.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Io } from '../io.ts';
import { listContexts } from '../settings/context.ts';
import type { ResolvedSettings } from '../settings/resolve.ts';

export function contextsSeen({ environment, files }: ResolvedSettings, { cwd, home, platform }: Io): string[] {
  return listContexts({ cwd, home, platform, environment }, files);
}

/** Of the workers that listen now, their types, their tiers, or both as one word. Where the servers do not tell: none. */
export async function workersSeen(
  what: 'workers' | 'tiers' | 'targets',
  bus: Transport,
  signal: AbortSignal,
  clock: Clock,
): Promise<string[]> {
  const map = await readTopology(bus, { signal, clock, timeoutMs: 250, quietMs: 100 });
  const workers = map.known ? map.workers : [];
  const tiered = workers.filter(({ tier }) => tier !== EVERY_TIER);
  if (what === 'workers') return sorted(workers.map(({ type }) => type));
  if (what === 'tiers') return sorted(tiered.map(({ tier }) => tier));
  return sorted([...workers.map(({ type }) => type), ...tiered.map(({ type, tier }) => `${type}.${tier}`)]);
}

/** More ids than anybody picks from. */
const MOST_LETTERS = 200;

/** What stands open in the streams of the server: its groups, the most frequent first, or the latest letters. */
export async function lettersSeen(
  what: 'groups' | 'letters',
  bus: Transport,
  signal: AbortSignal,
  clock: Clock,
): Promise<string[]> {
  const home = await openJetStreamHome(bus, clock);
  try {
    const options = { orphanAfterMs: 10 * 60_000, now: clock.now(), signal };
    const { letters } = await look(home, chooser({}), options);
    const groups = new Groups();
    const ids: string[] = [];
    for await (const { letter, standing } of letters) {
      groups.add(letter, standing);
      ids.push(letter.id);
    }
    return what === 'letters'
      ? ids.slice(-MOST_LETTERS).reverse()
      : groups.list().map(({ fingerprint }) => fingerprint);
  } finally {
    await home.close();
  }
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
