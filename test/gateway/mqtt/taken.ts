import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { BUSES } from '../../helpers/buses.ts';
import { until } from '../../http/raw.ts';
import { actors } from '../bus.ts';
import { startGateway } from '../start.ts';
import { type Mosquitto, mosquittoFor } from './broker.ts';

/** A broker, and a gateway that makes a task of whatever somebody publishes there on `dev/<who>/<what>`. */
export async function brokerWithGateway(
  t: TestContext,
  { body = 'json', dead }: { body?: string; dead?: string } = {},
): Promise<{
  readonly broker: Mosquitto;
  /** What came of somebody, in its order. */
  seen(who: string): readonly Record<string, unknown>[];
}> {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect());
  const broker = await mosquittoFor(t);
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    `kind: gateway\nmqtt: [{url: "${broker.url}", version: 5, qos: 2, body: ${body}, ${dead === undefined ? '' : `dead_topic: ${dead}, `}topics: ["dev/{who}/{what}"], to: task, worker_type: echo, payload: {who: "{who}", body: {ref: /body}}}]\n`,
  );
  await until('the gateway reads', () => gateway.events.some(({ kind }) => kind === 'mqtt_connected'));
  const tasks: { payload: { who: string; body: Record<string, unknown> } }[] = [];
  const watcher = await connect();
  watcher.subscribe('heddle.tasks.incoming', ({ data }) =>
    tasks.push(JSON.parse(Buffer.from(data).toString()) as (typeof tasks)[number]),
  );
  await watcher.flush();
  return {
    broker,
    seen: (who) => tasks.filter(({ payload }) => payload.who === who).map(({ payload }) => payload.body),
  };
}
