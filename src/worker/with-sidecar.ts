import type { Sidecar } from '../child/sidecar.ts';
import { HeddleError } from '../errors.ts';
import type { Performer } from './performer.ts';

/** `serve`: tasks go on to the handler, which finds out itself; `fail`: each task fails at once; `stop`: the worker ends when it is given up. */
export const LOSSES = ['serve', 'fail', 'stop'] as const;
export type Loss = (typeof LOSSES)[number];

/** How long it may take until it is up before tasks are taken without it. */
const READY_MS = 30_000;
const STOP_MS = 3_000;

/** A performer with a program beside it, which is started before it and ended after it. */
export function withSidecar(performer: Performer, sidecar: Sidecar, loss: Loss): Performer {
  return {
    async start() {
      await sidecar.start(READY_MS);
      if (loss === 'stop' && !sidecar.isUp) throw lost(sidecar);
      await performer.start();
    },
    perform: async (...task) => {
      if (loss === 'fail' && !sidecar.isUp) throw lost(sidecar);
      return await performer.perform(...task);
    },
    reset: () => performer.reset(),
    async stop(withinMs) {
      // What works on a task may need it to the last.
      const share = Math.min(STOP_MS, withinMs / 2);
      try {
        await performer.stop(Math.max(0, withinMs - share));
      } finally {
        await sidecar.stop(share);
      }
    },
    kill() {
      performer.kill();
      sidecar.kill();
    },
    gaveUp:
      loss === 'stop' ? Promise.race([performer.gaveUp, sidecar.gone.then(() => lost(sidecar))]) : performer.gaveUp,
  };
}

function lost(sidecar: Sidecar): HeddleError {
  const { state, reason } = sidecar.state;
  const why = state === 'starting' ? 'it is not up yet' : (reason ?? `it is ${state}`);
  return new HeddleError('connection_failed', `the sidecar is not there: ${why}`);
}
