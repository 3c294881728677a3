import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Sender } from '../../../src/delivery/sender.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { bodyOf, type TestGateway } from '../start.ts';

export interface Item {
  readonly task_id: string;
  readonly lease_id: string;
  readonly heddle_task_id: string;
  readonly worker_type: string;
  readonly attempt: number;
  readonly payload: Record<string, unknown>;
  readonly lease_expires_at: string;
  readonly checkpoint?: unknown;
  readonly [key: string]: unknown;
}

export async function poll(
  gateway: Pick<TestGateway, 'ask'>,
  json: { task_types: readonly string[]; max_tasks?: number; timeout_ms?: number; worker_id?: string },
  init: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<readonly Item[]> {
  const response = await gateway.ask('/v1/tasks/poll', { json, ...init });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as Item[];
}

export async function resolve(
  gateway: Pick<TestGateway, 'ask'>,
  handle: string,
  json: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await gateway.ask(`/v1/tasks/${handle}/resolve`, { json, headers });
  return { status: response.status, body: await bodyOf(response) };
}

/** Sends tasks where workers listen, without a router. */
export function sendTasks(
  bus: Transport,
  type: string,
  ids: readonly string[],
  more: Record<string, unknown> = {},
): void {
  for (const id of ids) {
    const task = {
      task_id: id,
      parent_task_id: `p-${id}`,
      worker_type: type,
      payload: { id },
      model_tier: 'standard',
      ...more,
    };
    bus.publish(`heddle.tasks.${type}.standard`, JSON.stringify(task));
  }
}

/** Until somebody listens for the type. What is sent to find that out is no task, and is skipped. */
export async function listening(bus: Transport, type: string): Promise<void> {
  const sender = new Sender(bus);
  await until(
    `somebody listens for ${type}`,
    async () => (await sender.publish(`heddle.tasks.${type}.standard`, 'no task')).heard !== 'no',
  );
  sender.close();
}

/** Every result on the bus, as it comes. */
export async function hearResults(bus: Transport): Promise<Record<string, unknown>[]> {
  const heard: Record<string, unknown>[] = [];
  bus.subscribe('heddle.results.>', ({ data }) => void heard.push(JSON.parse(Buffer.from(data).toString())));
  await bus.flush();
  return heard;
}

/** Waits for a condition, not for a time; fails after a bound. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const from = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - from < ms, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Polls and answers until told to stop; counts what it had. */
export function worker(
  t: TestContext,
  gateway: Pick<TestGateway, 'ask'>,
  types: readonly string[],
  options: { maxTasks?: number; answer?: (item: Item) => Record<string, unknown> } = {},
): { readonly done: string[]; stop(): Promise<void> } {
  const { maxTasks = 1, answer = (item) => ({ action: 'complete', output: { echo: item.payload } }) } = options;
  const done: string[] = [];
  const over = new AbortController();
  const running = (async () => {
    while (!over.signal.aborted) {
      const items = await poll(
        gateway,
        { task_types: types, max_tasks: maxTasks, timeout_ms: 2_000 },
        { signal: over.signal },
      ).catch((thrown: unknown) => {
        if (over.signal.aborted) return [];
        throw thrown;
      });
      for (const item of items) {
        const { status, body } = await resolve(gateway, item.task_id, answer(item));
        assert.equal(status, 200, JSON.stringify(body));
        done.push(item.heddle_task_id);
      }
    }
  })();
  const stop = async (): Promise<void> => {
    over.abort();
    await running;
  };
  t.after(stop);
  return { done, stop };
}
