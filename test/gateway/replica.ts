import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type RunningProgram, startProgram } from '../helpers/program.ts';
import type { KeepingBus } from './bus.ts';

/** The built program, as a replica that can be killed. */
export async function replica(
  t: TestContext,
  bus: KeepingBus,
  config: string,
  env: Record<string, string> = {},
  root?: string,
): Promise<RunningProgram & { url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-gateway-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'gateway.yaml'), config);
  const argv = ['gateway', '--config', 'gateway.yaml', '--listen', '127.0.0.1:0', '-o', 'ndjson'];
  const program = startProgram(t, [...argv, '--nats-url', bus.server.url, '--no-env-file', '--no-nats-context'], {
    cwd: folder,
    env,
    ...(root !== undefined && { root }),
  });
  await program.seen(/gateway_started/);
  const started = program.lines().find(({ event }) => event === 'gateway_started');
  return Object.assign(Object.create(program) as RunningProgram, { url: String(started?.url) });
}
