import type { EventStream } from '../../http/event-stream.ts';
import type { Context } from '../../http/route.ts';
import { ANONYMOUS } from '../core.ts';
import { type Asked, readAsked, requireTypes } from './asked.ts';
import type { Bridge } from './bridge.ts';
import type { Directory } from './directory.ts';
import { itemText, type WorkJob, type WorkLease } from './job.ts';
import { promiseOf } from './promise.ts';

/** In exactly this form, and as often, other bridges send it. */
const HEARTBEAT = { everyMs: 25_000, frame: { event: 'heartbeat', data: 'ok' } };

/** A worker says that it is there; as long as the stream stands it counts as one that asks. */
export async function connect(bridge: Bridge, directory: Directory, context: Context): Promise<EventStream> {
  const { principal = ANONYMOUS } = context;
  const asked = readAsked(await context.json(), bridge.lanes, { workerId: true });
  requireTypes(context, asked.lanes);
  bridge.requireOpen();
  const { clock, uuid } = bridge.core;
  const stream = context.events({ heartbeat: HEARTBEAT });
  const connection = uuid();
  const since = clock.now();
  const promises = [...new Set(asked.lanes.map(({ config }) => config))].map((config) => promiseOf(config));
  const { workerId, maxTasks, push } = asked;
  const data = { worker_id: workerId, connection_id: connection, max_tasks: maxTasks, push, types: promises };
  bridge.connections += 1;
  const holds = asked.lanes.map(({ name }) => bridge.sourceOf({ lane: name }).hold());
  await bridge.begun(asked.lanes);
  stream.send({ event: 'connected', data: JSON.stringify(data) });
  let noting = directory.note(asked, connection, 'stream', since);
  const seen = clock.every(HEARTBEAT.everyMs, () => {
    noting = directory.note(asked, connection, 'stream', since);
  });
  // Its client may have left while the bus was waited for.
  const stop = push && stream.isOpen ? pushTo(stream, bridge, asked, principal.name) : undefined;
  void stream.ended.then(async () => {
    clock.cancel(seen);
    stop?.();
    for (const release of holds) release();
    bridge.connections -= 1;
    // Not before what was written last: it would be there again.
    await noting;
    await directory.forget(workerId ?? '', connection);
  });
  return stream;
}

/** Hands tasks out on the stream, as many at a time as the worker takes. Returns how to end it. */
function pushTo(stream: EventStream, bridge: Bridge, { lanes, maxTasks }: Asked, owner: string): () => void {
  const { ledger, desk, core } = bridge;
  /** In the order in which they were sent. */
  const sent: WorkLease[] = [];
  let leave: (() => void) | undefined;
  let ended = false;

  const ask = (): void => {
    if (ended || leave !== undefined || bridge.closing.signal.aborted) return;
    const open = sent.filter(({ handle, leaseId }) => ledger.find(handle, owner, leaseId).kind === 'open');
    sent.splice(0, sent.length, ...open);
    const most = maxTasks - open.length;
    if (most < 1) return;
    leave = desk.join({ lanes: lanes.map(({ name }) => name), most, take: (jobs) => void hand(jobs) });
  };
  const hand = async (jobs: readonly WorkJob[]): Promise<void> => {
    leave = undefined;
    let leases = bridge.handOut(jobs, owner);
    try {
      leases = await bridge.record(leases);
      for (const lease of leases) {
        sent.push(lease);
        if (!stream.send({ event: 'task', data: itemText(lease, core.clock) })) bridge.takeBack([lease]);
      }
    } catch {
      bridge.takeBack(leases);
    }
    ask();
  };
  const undo = ledger.onEnd(ask);
  ask();
  return () => {
    ended = true;
    undo();
    leave?.();
    // What never left this process is nobody's; the rest may be worked on, and its leases stand.
    if (stream.untaken > 0) bridge.takeBack(sent.slice(-stream.untaken));
  };
}
