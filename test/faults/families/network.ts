import { setTimeout as pause } from 'node:timers/promises';
import type { Use } from '../commands.ts';
import { connecting, endedAfter, endedBy, type Fault, goesOn, underWay } from '../fault.ts';
import { type FaultyProxy, startProxy } from '../proxy.ts';
import type { World } from '../world.ts';

// What happens to the way to the server.

async function through(world: World, undo: (end: () => unknown) => void): Promise<FaultyProxy> {
  const proxy = await startProxy(world.server.port);
  undo(() => proxy.close());
  return proxy;
}

const argvOver = (use: Use, world: World, { url }: FaultyProxy): readonly string[] =>
  use.argv({ ...world, url: ['--nats-url', url] });

export const NETWORK_FAULTS: readonly Fault[] = [
  {
    name: 'a long way',
    made: 'a proxy on which each byte is 100 ms under way',
    applies: connecting,
    run: async (use, world, undo) => {
      const proxy = await through(world, undo);
      proxy.delay(100);
      return { argv: argvOver(use, world, proxy), meanwhile: endedAfter(use, 3_000) };
    },
    // What asks forty times one after the other waits forty times.
    expect: (use) => ({ exits: endedBy(use), withinMs: 16_000 }),
  },
  {
    name: 'the connection is cut',
    made: 'a proxy that resets each connection when it is at work, and takes new ones; then SIGTERM',
    applies: (use) => connecting(use) && goesOn(use),
    run: async (use, world, undo) => {
      const proxy = await through(world, undo);
      return {
        argv: argvOver(use, world, proxy),
        meanwhile: underWay(use, async () => {
          proxy.cut();
          await pause(1_000);
        }),
      };
    },
    expect: (use) => ({ exits: use.name === 'submit, a batch' ? [3, ...endedBy(use)] : endedBy(use) }),
  },
  {
    name: 'cut at once, each time',
    made: 'a proxy that resets each connection within 50 ms; what goes on gets SIGTERM',
    applies: connecting,
    run: async (use, world, undo) => {
      const proxy = await through(world, undo);
      proxy.delay(30);
      const cutting = setInterval(() => proxy.cut(), 50);
      undo(() => clearInterval(cutting));
      return { argv: argvOver(use, world, proxy), meanwhile: endedAfter(use, 2_000) };
    },
    expect: (use) => ({
      exits: use.patient === true ? endedBy(use) : goesOn(use) ? [3, ...endedBy(use)] : [3],
    }),
  },
];
