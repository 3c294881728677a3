import type { WorkersConfig, WorkerTypeConfig } from '../../config/views/gateway-config/parts/workers.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import { LONGEST_ON_SERVERS } from '../../store/guards.ts';
import { openBucket, openWorkQueue } from '../../store/open.ts';
import type { WorkQueue } from '../../store/work-queue.ts';
import { hearersOf } from '../../topology/hearers.ts';
import { tasksConsumerOf, tasksStreamOf } from '../../topology/kept.ts';
import { readTopology } from '../../topology/read-topology.ts';
import type { Core } from '../core.ts';
import { lanesOf } from './lane.ts';
import { LeaseRecords } from './lease-records.ts';
import { silenceMsOf } from './stream-source.ts';

/** What stands in JetStream for types whose tasks are kept. */
export interface Durable {
  /** By type. */
  readonly queues: ReadonlyMap<string, WorkQueue>;
  readonly records: LeaseRecords;
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

/** undefined where no type is kept. Throws where it cannot be kept, or somebody would work on its tasks twice. */
export async function openDurable(core: Core, config: WorkersConfig): Promise<Durable | undefined> {
  const types = config.types.filter(({ mode }) => mode === 'durable');
  if (types.length === 0) return undefined;
  const { bus, clock, live } = core;
  const { name, store } = live().config;
  const { transport } = bus;
  await refuseOthers(core, types);
  const queues = new Map<string, WorkQueue>();
  try {
    for (const type of types) {
      const lanes = [...lanesOf([type]).values()];
      const consumers = lanes.map((lane) => ({
        name: tasksConsumerOf(lane.type, lane.tier),
        subject: lane.subject,
        silenceMs: silenceMsOf(lane),
        mostTaken: config.leases,
      }));
      const stream = tasksStreamOf(type.name);
      refuseLong(type.name, [stream, ...consumers.map(({ name }) => name)]);
      const options = {
        name: stream,
        consumers,
        maxBytes: type.streamMib * MIB,
        replicas: store.replicas,
      };
      const queue = await openWorkQueue(transport, options, clock);
      await queue.ensure();
      queues.set(type.name, queue);
    }
    const place = { home: 'jetstream', bus: transport, clock, replicas: store.replicas, exact: true } as const;
    const records = new LeaseRecords(await openBucket(place, `heddle-${name}-leases`));
    const longestMs = Math.max(...types.map(({ leaseS }) => leaseS)) * 1000;
    await records.open(2 * (longestMs + HOUR_MS), transport.info.maxPayload);
    return { queues, records };
  } catch (thrown) {
    if (!isHeddleError(thrown) || thrown.code !== 'no_match') throw thrown;
    throw new HeddleError('settings_invalid', `${types[0]?.name} is durable, and the bus has no JetStream`, {
      hint: 'Start NATS with JetStream, or write mode: core.',
      cause: thrown,
    });
  }
}

/** Other signs than letters, digits and - take three characters of a name each. */
function refuseLong(type: string, names: readonly string[]): void {
  const longest = Math.max(...names.map(({ length }) => length));
  if (longest <= LONGEST_ON_SERVERS) return;
  throw new HeddleError(
    'settings_invalid',
    `${type} is durable, and a stream or consumer of that name would have ${longest} characters, of at most ${LONGEST_ON_SERVERS}`,
    { hint: 'Give the type a shorter name, or write mode: core.' },
  );
}

/** A worker on the subject has each task as well as the stream: both would work on it. */
async function refuseOthers({ bus, clock, log }: Core, types: readonly WorkerTypeConfig[]): Promise<void> {
  const { transport } = bus;
  const map = transport.info.can.connz ? await readTopology(transport, { clock }).catch(() => undefined) : undefined;
  for (const { name: lane, subject } of lanesOf(types).values()) {
    if (map === undefined || !map.known) {
      log({ kind: 'work_unsure', lane });
      continue;
    }
    const [actor] = hearersOf(map, subject).actors;
    if (actor === undefined) continue;
    const who =
      actor.connection.name === undefined || actor.connection.name === '' ? 'somebody' : actor.connection.name;
    throw new HeddleError(
      'settings_invalid',
      `${who} takes tasks of ${lane} straight from the bus, where a stream keeps them`,
      {
        hint: 'Stop that worker, or write mode: core: else every task is done twice.',
      },
    );
  }
}
