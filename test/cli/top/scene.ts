import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { openSession } from '../../../src/cli/open-session.ts';
import type { TopFlags } from '../../../src/cli/top/flags.ts';
import { runTop } from '../../../src/cli/top/run.ts';
import { createFakeClock, type FakeClock } from '../../../src/time/fake-clock.ts';
import type { Connection } from '../../../src/topology/connection.ts';
import { WHO_IS_CONNECTED } from '../../../src/topology/read-topology.ts';
import { createMemoryBus, type MemoryBus } from '../../../src/transport/memory.ts';
import { type FakeIo, fakeIo } from '../../helpers/fake-io.ts';
import { type Glass, openGlass } from '../../helpers/glass.ts';
import { healthy } from '../../topology/made-up.ts';

/** `top` on a terminal of the test's own, over a bus in this process, on a clock that stands still. */
export interface Scene {
  readonly io: FakeIo;
  readonly bus: MemoryBus;
  readonly clock: FakeClock;
  readonly exit: Promise<number>;
  send(subject: string, message: unknown): void;
  /** Who is there from now on; undefined: the servers do not tell. */
  people(connections: readonly Connection[] | undefined): void;
  /** Presses keys, and lets the picture be drawn. */
  press(...keys: readonly string[]): Promise<void>;
  /** Lets time pass. */
  wait(ms: number): Promise<void>;
  /** What a person sees. */
  lines(): Promise<string[]>;
  text(): Promise<string>;
  readonly glass: Glass;
  resize(columns: number, rows: number): Promise<void>;
}

export interface SceneOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Record<string, string>;
  readonly flags?: Partial<TopFlags>;
  /** `untold`: the servers do not tell. */
  readonly people?: readonly Connection[] | 'untold';
  readonly cwd?: string;
  readonly color?: 'never' | 'always';
}

const NOON = Date.UTC(2026, 3, 29, 12);

export async function openScene(t: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const { columns = 80, rows = 24, cwd } = options;
  const env = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8', ...options.env };
  const clock = createFakeClock({ now: NOON });
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const io = fakeIo({ env, tty: columns, rows, stdin, clock, ...(cwd !== undefined && { cwd }) });
  const bus = createMemoryBus({ clock });
  const server = await bus.connect({ clock, reconnect: true });
  let people = options.people === 'untold' ? undefined : (options.people ?? healthy());
  server.subscribe(WHO_IS_CONNECTED, ({ reply }) => {
    if (people !== undefined && reply !== undefined) server.publish(reply, pageOf(people));
  });
  const frame = {
    output: undefined,
    json: false,
    select: undefined,
    quiet: false,
    verbose: false,
    color: options.color ?? 'never',
  } as const;
  const { session, close } = await openSession('top', 'human', frame, {}, io);
  const flags: TopFlags = {
    ...{ screen: 0, where: undefined, allowWrite: false, orphanAfter: 30_000, every: 2000, pingInterval: 10_000 },
    ...options.flags,
  };
  let over = false;
  const exit = runTop({ ...session, connect: () => bus.connect({ clock, reconnect: true }) }, flags).finally(
    async () => {
      over = true;
      await close();
    },
  );
  const glass = openGlass(columns, rows);
  let seen = 0;
  t.after(async () => {
    if (!over) io.signal('SIGTERM');
    await exit.catch(() => {});
    await bus.close();
  });
  const scene: Scene = {
    ...{ io, bus, clock, exit, glass },
    send: (subject, message) =>
      server.publish(subject, typeof message === 'string' ? message : JSON.stringify(message)),
    people: (connections) => {
      people = connections;
    },
    press: async (...keys) => {
      for (const key of keys) {
        stdin.write(key);
        // A lone Escape is waited for.
        await clock.advance(key === '\u001b' ? 40 : 1);
      }
    },
    wait: (ms) => clock.advance(ms),
    lines: async () => {
      const text = io.out();
      await glass.write(text.slice(seen));
      seen = text.length;
      return glass.lines();
    },
    text: async () => (await scene.lines()).join('\n'),
    resize: async (to, high) => {
      glass.resize(to, high);
      io.stdout.resize(to, high);
      await clock.advance(1);
    },
  };
  await clock.advance(2500);
  return scene;
}

/** As a server answers that is asked who is connected. */
function pageOf(connections: readonly Connection[]): string {
  return JSON.stringify({
    server: { id: 'S1', name: 'one', ver: '2.10.7' },
    data: {
      server_id: 'S1',
      total: connections.length,
      connections: connections.map(({ cid, kind, name, lang, version, address = '', pendingBytes, subscriptions }) => ({
        ...{ cid, kind, name, lang, version, pending_bytes: pendingBytes },
        ip: address.split(':')[0],
        port: Number(address.split(':')[1]),
        subscriptions_list_detail: subscriptions.map(({ subject, queue, received }) => ({
          ...{ subject, qgroup: queue, msgs: received },
        })),
      })),
    },
  });
}

/** A bus on which something of everything happens: what docs/top.md shows. */
export async function eventful({ send, wait }: Scene): Promise<void> {
  const uuid = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const task = (n: number, worker: string, more: object = {}) => ({
    ...{ task_id: uuid(n), worker_type: worker, payload: { text: 'hello' }, model_tier: 'local' },
    ...more,
  });
  const route = (n: number, worker: string, tier: string, more: object = {}): void => {
    send('heddle.tasks.incoming', task(n, worker, more));
    send(`heddle.tasks.${worker}.${tier}`, task(n, worker, more));
  };
  const answer = (n: number, worker: string, more: object = {}, subject = 'heddle.results.default'): void =>
    send(subject, {
      task_id: uuid(n),
      worker_type: worker,
      status: 'completed',
      output: {},
      processing_time_ms: 20,
      ...more,
    });
  route(1, 'ocr', 'local');
  route(2, 'summarizer', 'standard');
  const goal = 'a1b2c3d4-0000-4000-8000-000000000000';
  send('heddle.goals.incoming', { goal_id: goal, instruction: 'summarise the report of April' });
  await wait(20_000);
  for (let n = 10; n < 40; n += 1) {
    route(n, 'echo', 'local');
    await wait(20 + n);
    answer(n, 'echo', { processing_time_ms: 15 + n });
  }
  const stage = (name: string) => ({ parent_task_id: goal, metadata: { stage_name: name } });
  route(50, 'echo', 'local', stage('extract'));
  await wait(900);
  answer(50, 'echo', stage('extract'), `heddle.results.${goal}`);
  route(51, 'summarizer', 'standard', stage('summarise'));
  for (const n of [60, 61]) {
    route(n, 'summarizer', 'standard');
    await wait(300);
    answer(n, 'summarizer', { status: 'failed', output: null, error: `the model gave no answer in ${n} s` });
  }
  send('heddle.tasks.incoming', task(70, 'echo', { model_tier: 'galactic' }));
  send('heddle.tasks.dead_letter', {
    ...{ reason: "unknown_tier: 'galactic'", task_id: uuid(70), worker_type: 'echo' },
    original_task: task(70, 'echo', { model_tier: 'galactic' }),
  });
  await wait(6000);
  route(80, 'echo', 'local');
  await wait(2500);
}
