import { setTimeout as pause } from 'node:timers/promises';
import { startNatsServer } from '../../helpers/nats-server.ts';
import type { Use } from '../commands.ts';
import { connecting, endedAfter, endedBy, ends, type Fault, goesOn, underWay, untilAtWork } from '../fault.ts';
import type { World } from '../world.ts';

// What happens to the server.

const watching = (use: Use): boolean => connecting(use) && goesOn(use);
/** A batch without a bus says how far it came, and ends. */
const mayGiveUp = (use: Use): (number | string)[] =>
  use.name === 'submit, a batch' ? [3, ...endedBy(use)] : endedBy(use);

export const BUS_FAULTS: readonly Fault[] = [
  {
    name: 'nobody at the address',
    made: 'a port on which nothing listens',
    applies: connecting,
    run: (use, world) => ({
      argv: use.argv({ ...world, url: ['--nats-url', 'nats://127.0.0.1:1'] }),
      meanwhile: use.patient === true ? endedAfter(use) : undefined,
    }),
    expect: (use) =>
      use.patient === true
        ? { exits: endedBy(use) }
        : { exits: [3], says: /nothing listens|cannot connect|connection refused/ },
  },
  {
    name: 'a server that never speaks',
    made: 'a nats-server stopped with SIGSTOP before the start; --timeout 1s',
    applies: (use) => connecting(use) && use.patient !== true,
    run: (use, world) => {
      world.server.freeze();
      return { argv: [...use.argv(world), '--timeout', '1s'] };
    },
    expect: () => ({ exits: [3], says: /said nothing for 1 s/ }),
  },
  {
    name: 'server frozen for 2 s',
    made: 'SIGSTOP, 2 s, SIGCONT to the nats-server when it is at work; then SIGTERM',
    applies: watching,
    run: (use, world) => ({
      argv: use.argv(world),
      meanwhile: underWay(use, async () => {
        world.server.freeze();
        await pause(2_000);
        world.server.thaw();
        await pause(300);
      }),
    }),
    expect: (use) => ({ exits: endedBy(use) }),
  },
  {
    name: 'server killed and back',
    made: 'SIGKILL to the nats-server when it is at work, back on its port; then SIGTERM',
    applies: watching,
    run: (use, world) => ({
      argv: use.argv(world),
      meanwhile: underWay(use, async () => {
        await world.server.restart();
        await pause(1_000);
      }),
    }),
    expect: (use) => ({ exits: mayGiveUp(use) }),
  },
  {
    name: 'server killed for good',
    made: 'SIGKILL to the nats-server when it is at work; after 2 s SIGTERM',
    applies: watching,
    run: (use, world) => ({
      argv: use.argv(world),
      meanwhile: underWay(use, async () => {
        await world.server.kill();
        await pause(2_000);
      }),
    }),
    expect: (use) => ({ exits: use.name === 'submit, a batch' ? [3] : endedBy(use) }),
  },
  {
    name: 'killed under --for',
    made: 'SIGKILL to the nats-server under `tail --for 3s`',
    applies: ({ name }) => name === 'tail --for',
    run: (use, world) => ({
      argv: use.argv(world),
      meanwhile: async (program) => {
        await untilAtWork(use, program);
        await world.server.kill();
      },
    }),
    expect: () => ({ exits: [0], says: /gaps\s+1/ }),
  },
  {
    name: 'replaced by one without JetStream',
    made: 'SIGKILL to the nats-server when it is at work, another without JetStream on its port; then SIGTERM',
    applies: watching,
    run: (use, world, undo) => ({
      argv: use.argv(world),
      meanwhile: underWay(use, async () => {
        await replace(world, undo, {});
        await pause(1_500);
      }),
    }),
    expect: (use) => ({ exits: mayGiveUp(use) }),
  },
  {
    name: 'no JetStream',
    made: 'a nats-server without JetStream from the start',
    applies: (use) => connecting(use) && ends(use),
    run: async (use, world, undo) => {
      await replace(world, undo, {});
      return { argv: use.argv(world) };
    },
    expect: (use) =>
      use.letters === true
        ? { exits: [1, 2, 3], says: /JetStream|no dead letters|kept|keeps dead letters/ }
        : { exits: use.own },
  },
  {
    name: 'tiny max_payload',
    made: 'a nats-server that takes no message of more than 64 bytes',
    applies: (use) => connecting(use) && use.letters !== true,
    config: 'max_payload: 64\n',
    run: (use, world) => ({
      argv: use.argv(world),
      meanwhile: use.name.startsWith('submit') || use.name === 'gateway' ? undefined : endedAfter(use),
    }),
    // What is larger is refused before it is sent; what needs larger messages cannot begin.
    expect: (use) => {
      if (use.name.startsWith('submit') || use.name === 'gateway') return { exits: [1, 2], says: /64 bytes/ };
      if (use.name === 'reload') return { exits: [1, 2, 3, 4] };
      return { exits: [...endedBy(use), ...(use.nature === 'ends' ? [1] : [])] };
    },
  },
  {
    name: 'credentials changed under way',
    made: 'the nats-server replaced by one that wants a password; after 2 s SIGTERM',
    applies: watching,
    run: (use, world, undo) => ({
      argv: use.argv(world),
      meanwhile: underWay(use, async () => {
        await replace(world, undo, {
          config: 'jetstream { store_dir: "FOLDER/js" }\nauthorization { user: a, password: b }\n',
        });
        await pause(2_000);
      }),
    }),
    expect: (use) => ({ exits: [3, ...endedBy(use)] }),
  },
];

async function replace(
  { server }: World,
  undo: (end: () => unknown) => void,
  { config }: { config?: string },
): Promise<void> {
  await server.kill();
  const other = await startNatsServer({ port: server.port, config });
  undo(() => other.stop());
}
