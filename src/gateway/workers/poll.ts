import type { Context, Reply } from '../../http/route.ts';
import { ANONYMOUS } from '../core.ts';
import { type Asked, readAsked, requireTypes } from './asked.ts';
import type { Bridge } from './bridge.ts';
import type { Directory } from './directory.ts';
import { itemText, type WorkJob } from './job.ts';

/** Hands out the first tasks that there are. */
export async function poll(bridge: Bridge, directory: Directory, context: Context): Promise<Reply> {
  const { principal = ANONYMOUS } = context;
  const asked = readAsked(await context.json(), bridge.lanes, { workerId: false });
  requireTypes(context, asked.lanes);
  bridge.requireOpen();
  const job = ready(bridge, asked, context);
  const left = directory.polled(asked);
  if (job !== undefined) left();
  const jobs = job === undefined ? await context.apart(waitFor(bridge, asked, context)).finally(left) : [job];
  let leases = bridge.handOut(jobs, principal.name);
  // Whatever happens to the answer: what did not leave is the next one's.
  let isGone = false;
  const takeBack = (): void => {
    isGone = true;
    bridge.takeBack(leases);
  };
  if (leases.length > 0) context.onLeft(takeBack);
  try {
    const recorded = bridge.record(leases);
    leases = recorded instanceof Promise ? await recorded : recorded;
    if (isGone) bridge.takeBack(leases);
    if (context.withdrawn !== undefined) throw context.withdrawn;
  } catch (thrown) {
    bridge.takeBack(leases);
    throw thrown;
  }
  const { clock } = bridge.core;
  return {
    status: 200,
    type: 'application/json',
    headers: { 'heddle-poll-timeout': String(asked.timeoutMs) },
    body: `[${leases.map((lease) => itemText(lease, clock)).join(',')}]`,
  };
}

/** What can be handed out at once, to the only one who asks: most polls of a busy type, and those need nothing of what a wait needs. */
function ready(bridge: Bridge, { lanes, maxTasks }: Asked, { withdrawn }: Context): WorkJob | undefined {
  if (withdrawn !== undefined) throw withdrawn;
  const job = maxTasks === 1 ? bridge.desk.next(lanes.map(({ name }) => name)) : undefined;
  if (job !== undefined) for (const { name } of lanes) bridge.sourceOf({ lane: name }).touch();
  return job;
}

function waitFor(
  bridge: Bridge,
  { lanes, maxTasks, timeoutMs }: Asked,
  context: Pick<Context, 'onLeft' | 'onWithdrawn'>,
): Promise<readonly WorkJob[]> {
  const { clock } = bridge.core;
  const sources = lanes.map(({ name }) => bridge.sourceOf({ lane: name }));
  return new Promise((resolve, reject) => {
    let stay = (): void => {};
    const stop = (): void => {
      bridge.waiting.delete(over);
      stay();
      leave();
      clock.cancel(timer);
      for (const release of holds) release();
    };
    const done = (jobs: readonly WorkJob[]): void => {
      stop();
      resolve(jobs);
    };
    const over = (): void => done([]);
    bridge.waiting.add(over);
    const leave = bridge.desk.join({ lanes: lanes.map(({ name }) => name), most: maxTasks, take: done });
    const holds = sources.map((source) => source.hold());
    // What is here is handed out in this turn, so that nobody waits for a timer of no time.
    const timer = clock.after(Math.max(1, timeoutMs), over);
    const left = context.onLeft(over);
    const withdrawn = context.onWithdrawn((why) => {
      stop();
      reject(why);
    });
    stay = () => {
      left();
      withdrawn();
    };
  });
}
