import type { TestContext } from 'node:test';
import { type Broker, startBroker } from '../../src/broker/broker.ts';
import { buildGoal, buildResult, buildTask } from '../../src/contract/build.ts';
import { encodeDeadLetter } from '../../src/contract/dead-letter.ts';
import { readJsonObject } from '../../src/contract/decode-json.ts';
import { encodeMessage } from '../../src/contract/encode.ts';
import { type Sources, systemUuid } from '../../src/contract/ids.ts';
import type { JsonObject } from '../../src/contract/json.ts';
import type { TaskMessage, TaskResult } from '../../src/contract/messages.ts';
import {
  GOALS_INCOMING,
  PIPELINES_GROUP,
  processorsGroup,
  ROUTER_GROUP,
  resultSubject,
  TASKS_DEAD_LETTER,
  TASKS_INCOMING,
  taskSubject,
} from '../../src/contract/subjects.ts';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { Message, Transport } from '../../src/transport/transport.ts';

/** What a Heddle bus is made of, small enough to see through; everything ends with the test. */
export const sources: Sources = { now: () => Date.now(), uuid: systemUuid };

export interface Bus {
  readonly url: string;
  readonly broker: Broker;
  /** A connection of its own, closed with the test. */
  connect(name?: string, options?: Partial<ConnectOptions>): Promise<Transport>;
}

export async function busFor(t: TestContext, options: Parameters<typeof startBroker>[0] = {}): Promise<Bus> {
  const broker = await startBroker(options);
  const open = new Set<Transport>();
  t.after(async () => {
    for (const transport of open) await transport.close();
    await broker.close();
  });
  return {
    url: broker.url,
    broker,
    connect: async (name, more) => {
      const transport = await connect({ servers: [broker.url], name: name ?? 'actor', ...more });
      open.add(transport);
      return transport;
    },
  };
}

/** What the server itself counts. */
export function subscriptionsOn(bus: Bus): number {
  return bus.broker.connections().reduce((sum, each) => sum + each.subscriptions, 0);
}

export interface RouterOptions {
  readonly overrides?: Readonly<Record<string, string>> | undefined;
  /** Refuses everything with this reason. */
  readonly refuse?: string | undefined;
  /** null: no group, as generation A's router. */
  readonly queue?: string | null | undefined;
}

/** Forwards the very bytes; the subject alone carries an override, as in Heddle. */
export async function startRouter(transport: Transport, options: RouterOptions = {}): Promise<void> {
  const queue = options.queue === null ? {} : { queue: options.queue ?? ROUTER_GROUP };
  transport.subscribe(
    TASKS_INCOMING,
    (message) => {
      const read = readJsonObject(message.data);
      if (!read.ok) return;
      const { worker_type: type, model_tier: tier = 'standard' } = read.value as TaskMessage;
      if (options.refuse !== undefined) {
        transport.publish(TASKS_DEAD_LETTER, encodeDeadLetter(options.refuse, read.text, read.value));
      } else transport.publish(taskSubject(type, options.overrides?.[type] ?? tier), message.data);
    },
    queue,
  );
  await transport.flush();
}

/** What a worker does with a task: the answers to publish, as results or as raw text. */
export type Handle = (task: Required<TaskMessage>, message: Message) => readonly (object | string)[];

export async function startWorker(
  transport: Transport,
  handle: Handle,
  { type = 'echo', tier = 'standard', queue = processorsGroup(type) } = {},
): Promise<void> {
  transport.subscribe(
    taskSubject(type, tier),
    (message) => {
      const read = readJsonObject(message.data);
      if (!read.ok) return;
      const task = read.value as Required<TaskMessage>;
      for (const answer of handle(task, message)) {
        const text = typeof answer === 'string' ? answer : encodeMessage(answer);
        transport.publish(resultSubject(task.parent_task_id), text);
      }
    },
    { queue },
  );
  await transport.flush();
}

export const completed = (task: Required<TaskMessage>, output: JsonObject): object =>
  buildResult(task, { status: 'completed', output, processing_time_ms: 3 }, sources);

export const echo: Handle = (task) => [completed(task, task.payload)];
export const failing: Handle = (task) => [
  buildResult(task, { status: 'failed', error: 'Input validation: ["input: missing required field \'x\'"]' }, sources),
];
export const hanging: Handle = () => [];
/** As a worker in another language got it wrong: a fraction where Heddle reads an integer. */
export const malformed: Handle = (task) => [{ ...completed(task, {}), processing_time_ms: 5.25 }];
export const twice: Handle = (task) => [completed(task, task.payload), completed(task, { again: true })];

/** A router and an echo worker, on connections of their own. */
export async function startEchoBus(t: TestContext, handle: Handle = echo): Promise<Bus> {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  await startWorker(await bus.connect('worker'), handle);
  return bus;
}

/** Runs one stage after the other through the router, as Heddle's pipeline does, then publishes the final answer. */
export async function startPipeline(transport: Transport, stages: readonly string[]): Promise<void> {
  transport.subscribe(
    GOALS_INCOMING,
    (message) => {
      const read = readJsonObject(message.data);
      if (!read.ok) return;
      const goal = buildGoal(read.value as { instruction: string }, sources);
      const outputs: JsonObject = {};
      let waitingFor = '';
      const subscription = transport.subscribe(resultSubject(goal.goal_id), (answer) => {
        const result = readJsonObject(answer.data);
        if (!result.ok || (result.value as unknown as TaskResult).task_id !== waitingFor) return;
        outputs[stages[Object.keys(outputs).length] as string] = result.value.output;
        next();
      });
      const next = (): void => {
        const stage = stages[Object.keys(outputs).length];
        if (stage === undefined) {
          subscription.unsubscribe();
          const done = { task_id: goal.goal_id, parent_task_id: null, worker_type: 'three_steps' };
          const final = buildResult(done, { status: 'completed', output: outputs }, sources);
          transport.publish(resultSubject(goal.goal_id), encodeMessage(final));
          return;
        }
        const task = buildTask(
          {
            worker_type: 'echo',
            payload: { stage },
            parent_task_id: goal.goal_id,
            request_id: goal.goal_id,
            metadata: { stage_name: stage },
          },
          sources,
        );
        waitingFor = task.task_id;
        transport.publish(TASKS_INCOMING, encodeMessage(task));
      };
      next();
    },
    { queue: PIPELINES_GROUP },
  );
  await transport.flush();
}
