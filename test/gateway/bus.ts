import type { TestContext } from 'node:test';
import { NO_RULES } from '../../src/router/rules.ts';
import { runRouter } from '../../src/router/run.ts';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { inProcess } from '../../src/worker/in-process.ts';
import { serveTasks } from '../../src/worker/run.ts';
import { type NatsServer, natsServerFor } from '../helpers/nats-server.ts';

export interface KeepingBus {
  readonly server: NatsServer;
  connect(options?: Partial<ConnectOptions>): Promise<Transport>;
}

/** A nats-server that keeps things, and connections that go before it. */
export async function keepingBus(t: TestContext): Promise<KeepingBus> {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }' });
  const open: Transport[] = [];
  t.after(() => Promise.all(open.map((each) => each.close())));
  return {
    server,
    async connect(options = {}) {
      const transport = await connect({ servers: [server.url], timeoutMs: 20_000, ...options });
      open.push(transport);
      return transport;
    },
  };
}

/** A router, and a worker that answers after `ms` with its payload; `{"fail": true}` fails. */
export async function actors(t: TestContext, transport: Transport, ms = 0, tier = 'standard'): Promise<void> {
  const router = await runRouter(transport, { rules: NO_RULES, log: () => {} });
  const worker = await serveTasks(transport, {
    settings: {
      name: 'echo',
      kind: 'processor',
      tier,
      inputSchema: undefined,
      outputSchema: undefined,
      timeoutMs: undefined,
    },
    concurrency: 100,
    performer: inProcess({
      handle: async (payload: Readonly<Record<string, unknown>>) => {
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        if (payload.fail === true) throw new Error('as it was told');
        return payload;
      },
    }),
  });
  t.after(async () => {
    await worker.stop(100);
    await router.stop(100);
  });
}

/** Somebody who takes goals and answers each with its context. */
export async function goalTaker(transport: Transport): Promise<Record<string, unknown>[]> {
  const goals: Record<string, unknown>[] = [];
  transport.subscribe(
    'heddle.goals.incoming',
    ({ data }) => {
      const goal = JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>;
      goals.push(goal);
      const id = String(goal.goal_id);
      const result = { parent_task_id: null, worker_type: 'pipeline', output: goal.context, processing_time_ms: 1 };
      const stage = { ...result, task_id: 'a-stage', parent_task_id: id, worker_type: 'a', status: 'completed' };
      transport.publish(`heddle.results.${id}`, JSON.stringify(stage));
      transport.publish(`heddle.results.${id}`, JSON.stringify({ ...result, task_id: id, status: 'completed' }));
    },
    { queue: 'pipelines' },
  );
  await transport.flush();
  return goals;
}
