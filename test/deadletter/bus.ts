import type { TestContext } from 'node:test';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { type CliRun, runCli } from '../helpers/fake-io.ts';
import { findNewestNatsServer, type NatsServer, natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';

/** Each nats-server that this machine has: its own, and the newest where one is named. */
export const SERVERS: readonly {
  readonly name: string;
  readonly program: string | undefined;
  readonly skip: string | false;
}[] = [
  { name: 'nats-server', program: undefined, skip: skipWithoutNatsServer() },
  {
    name: 'the newest nats-server',
    program: findNewestNatsServer(),
    skip: findNewestNatsServer() === undefined ? 'HEDDLE_NATS_SERVER_NEWEST names none' : false,
  },
];

export interface KeptBus {
  readonly server: NatsServer;
  readonly bus: Transport;
  /** Runs the program in this process against it. */
  cli(...argv: readonly string[]): Promise<CliRun>;
  json(...argv: readonly string[]): Promise<Record<string, unknown>>;
}

/** A server with JetStream, and what tests do with it. */
export async function keptBus(t: TestContext, program?: string): Promise<KeptBus> {
  const config = 'jetstream { store_dir: "FOLDER/js" }';
  const server = await natsServerFor(t, { config, ...(program !== undefined && { program }) });
  const bus = await connect({ servers: [server.url], timeoutMs: 20_000 });
  t.after(() => bus.close());
  const cli = (...argv: readonly string[]): Promise<CliRun> => runCli(argv, { env: { NATS_URL: server.url } });
  return {
    server,
    bus,
    cli,
    json: async (...argv) => {
      const { stdout, stderr } = await cli(...argv, '--json');
      try {
        return JSON.parse(stdout) as Record<string, unknown>;
      } catch {
        throw new Error(`${argv.join(' ')} wrote no document:\n${stdout}\n${stderr}`);
      }
    },
  };
}

export function refusal(id: string, more: { reason?: string; worker?: string; payload?: string } = {}): string {
  const { reason = "rate_limited: tier 'standard' has no available capacity", worker = 'ocr', payload = '{}' } = more;
  const task = `{"task_id":${JSON.stringify(id)},"worker_type":${JSON.stringify(worker)},"payload":${payload},"model_tier":"standard"}`;
  return `{"reason":${JSON.stringify(reason)},"original_task":${task},"task_id":${JSON.stringify(id)},"worker_type":${JSON.stringify(worker)}}`;
}

export function failedResult(id: string, error: string, worker = 'ocr', goal: string | null = null): string {
  return JSON.stringify({
    task_id: id,
    parent_task_id: goal,
    worker_type: worker,
    status: 'failed',
    output: null,
    error,
    model_used: null,
    token_usage: {},
    processing_time_ms: 12,
    completed_at: '2026-04-29T12:00:00Z',
  });
}

export function task(id: string, worker = 'ocr', payload = '{}'): string {
  return `{"task_id":${JSON.stringify(id)},"worker_type":${JSON.stringify(worker)},"payload":${payload}}`;
}
