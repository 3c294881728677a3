import type { TestContext } from 'node:test';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { wire } from '../helpers/wire.ts';

/** One process of Heddle's as the bus sees it: what it subscribes to, and in which queue group. */
export interface Actor {
  readonly hears: readonly (readonly [subject: string, queue?: string])[];
  readonly name?: string;
}

const RELOAD = ['heddle.control.reload'] as const;

/** As Heddle's Python actors subscribe, measured; they give no name. */
export const ROUTER: Actor = { hears: [['heddle.tasks.incoming']] };
export const GATEWAY: Actor = {
  name: 'heddle-ts gateway public',
  hears: [['heddle.tasks.dead_letter', 'gateway-public'], ['heddle.results.>', 'gateway-public'], RELOAD],
};
export const processor = (type: string, tier = 'local'): Actor => ({
  hears: [[`heddle.tasks.${type}.${tier}`, `processors-${type}`], RELOAD],
});
export const llmWorker = (type: string, tier = 'standard'): Actor => ({
  hears: [[`heddle.tasks.${type}.${tier}`, `workers-${type}`], RELOAD],
});
export const PIPELINE: Actor = { hears: [['heddle.goals.incoming', 'pipelines'], RELOAD] };
export const ORCHESTRATOR: Actor = { hears: [['heddle.goals.incoming', 'orchestrators'], RELOAD] };
export const DEAD_LETTERS: Actor = { hears: [['heddle.tasks.dead_letter']] };
/** Heddle's terminal dashboard. */
export const TUI: Actor = { hears: [['heddle.>']] };

/** Everything that a healthy bus needs. */
export const HEALTHY: readonly Actor[] = [ROUTER, processor('echo'), PIPELINE, DEAD_LETTERS];

/** Puts an actor on the bus; it is there when this resolves, and gone with the test. */
export async function act(
  t: TestContext,
  url: string,
  actor: Actor,
  options: Partial<ConnectOptions> = {},
): Promise<Transport> {
  const bus = await connect({ servers: [url], name: actor.name ?? '', timeoutMs: 10_000, ...options });
  t.after(() => bus.close());
  for (const [subject, queue] of actor.hears) bus.subscribe(subject, () => {}, { queue });
  await bus.flush();
  return bus;
}

export async function actAll(t: TestContext, url: string, actors: readonly Actor[]): Promise<Transport[]> {
  return await Promise.all(actors.map((actor) => act(t, url, actor)));
}

/** Any program in Python that publishes and hears nothing: as nameless as Heddle's actors, and none of them. */
export async function publisher(t: TestContext, port: number): Promise<void> {
  const client = await wire(port);
  t.after(() => client.hangUp());
  client.say('CONNECT {"lang":"python3","version":"2.14.0","protocol":1,"verbose":false}\r\n');
  await client.sync();
}
