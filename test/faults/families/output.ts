import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../src/transport/nats.ts';
import { endedAfter, endedBy, ends, type Fault, goesOn, type Handle } from '../fault.ts';
import type { World } from '../world.ts';

// What happens to stdout.

export const OUTPUT_FAULTS: readonly Fault[] = [
  {
    name: 'a reader that leaves',
    made: 'stdout closed after its first bytes (| head); what says nothing more is ended with SIGTERM',
    applies: ({ terminal }) => terminal !== true,
    run: (use, world) => ({
      argv: use.argv(world),
      stdout: 'closed',
      meanwhile: use.name === 'tail' ? traffic(world) : endedAfter(use),
    }),
    expect: (use) => ({ exits: ends(use) ? [...use.own, 0] : [0, 143] }),
  },
  {
    name: 'a full disk as stdout',
    made: '> /dev/full',
    applies: (use) => ends(use) && use.writes !== true && use.name !== 'tail --for',
    run: (use, world) => ({ argv: use.argv(world), stdout: 'full' }),
    // Where the answer is no, it was said on stderr, and nothing was to be written.
    expect: ({ own }) => (own.includes(0) ? { exits: [1], says: /ENOSPC|no space/ } : { exits: [1, ...own] }),
  },
  {
    name: 'a reader that never reads',
    made: 'stdout a full pipe; SIGTERM when it is at work',
    applies: (use) => goesOn(use) && use.terminal !== true,
    run: (use, world) => ({ argv: use.argv(world), stdout: 'unread', meanwhile: endedAfter(use) }),
    expect: (use) => ({ exits: endedBy(use) }),
  },
  {
    name: 'a slow reader',
    made: 'stdout read once in 150 ms',
    applies: ({ terminal }) => terminal !== true,
    run: (use, world) => ({ argv: use.argv(world), stdout: 'slow', meanwhile: endedAfter(use) }),
    expect: (use) => ({ exits: endedBy(use) }),
  },
];

/** Gives a tail something to say, so that it notices that nobody reads. */
function traffic({ url }: World): (program: Handle) => Promise<void> {
  return async (program) => {
    await program.seen(/following/);
    const bus = await connect({ servers: [url[1] as string] });
    for (let times = 0; times < 20; times += 1) {
      bus.publish('heddle.results.x', '{"task_id":"x","worker_type":"w","status":"completed"}');
      await pause(20);
    }
    await bus.close();
  };
}
