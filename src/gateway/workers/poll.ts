import type { Context, Reply } from '../../http/route.ts';
import { ANONYMOUS } from '../core.ts';
import { type Asked, readAsked, requireTypes } from './asked.ts';
import type { Bridge } from './bridge.ts';
import type { Directory } from './directory.ts';
import { itemText, type WorkJob } from './job.ts';

/** Hands out the first tasks that there are. */
export async function poll(bridge: Bridge, directory: Directory, context: Context): Promise<Reply> {
  const { principal = ANONYMOUS, signal } = context;
  const asked = readAsked(await context.json(), bridge.lanes, { workerId: false });
  requireTypes(principal, asked.lanes);
  bridge.requireOpen();
  const left = directory.polled(asked);
  const jobs = await context.apart(waitFor(bridge, asked, signal)).finally(left);
  let leases = bridge.handOut(jobs, principal.name);
  // Whatever happens to the answer: what did not leave is the next one's.
  signal.addEventListener('abort', () => bridge.takeBack(leases), { once: true });
  if (signal.aborted) bridge.takeBack(leases);
  try {
    leases = await bridge.record(leases);
    if (signal.aborted) bridge.takeBack(leases);
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

function waitFor(
  bridge: Bridge,
  { lanes, maxTasks, timeoutMs }: Asked,
  signal: AbortSignal,
): Promise<readonly WorkJob[]> {
  const { clock } = bridge.core;
  const closing = bridge.closing.signal;
  const sources = lanes.map(({ name }) => bridge.sourceOf({ lane: name }));
  return new Promise((resolve) => {
    bridge.polls += 1;
    const done = (jobs: readonly WorkJob[]): void => {
      bridge.polls -= 1;
      leave();
      clock.cancel(timer);
      for (const release of holds) release();
      signal.removeEventListener('abort', over);
      closing.removeEventListener('abort', over);
      resolve(jobs);
    };
    const over = (): void => done([]);
    const leave = bridge.desk.join({ lanes: lanes.map(({ name }) => name), most: maxTasks, take: done });
    const holds = sources.map((source) => source.hold());
    // What is here is handed out in this turn, so that nobody waits for a timer of no time.
    const timer = clock.after(Math.max(1, timeoutMs), over);
    signal.addEventListener('abort', over, { once: true });
    closing.addEventListener('abort', over, { once: true });
    if (signal.aborted) over();
  });
}
