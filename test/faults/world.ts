import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/transport/nats.ts';
import { runCli } from '../helpers/fake-io.ts';
import { type NatsServer, startNatsServer } from '../helpers/nats-server.ts';
import type { Use } from './commands.ts';

/** What a cell stands on: a server of its own, a folder with configs, and failed work where the command is about that. */
export interface World {
  readonly server: NatsServer;
  readonly folder: string;
  /** How the server is named on the command line. */
  readonly url: readonly string[];
  /** Where the command may write; it does not stand yet. */
  readonly file: string;
  /** The id of a kept dead letter, of an operation that sent some again, and a file with one; empty without letters. */
  readonly letter: string;
  readonly operation: string;
  readonly exported: string;
}

export interface WorldOptions {
  /** More of the server's configuration. */
  readonly config?: string | undefined;
}

export async function makeWorld(
  use: Use,
  { config = '' }: WorldOptions = {},
): Promise<World & { remove(): Promise<void> }> {
  const server = await startNatsServer({ config: `jetstream { store_dir: "FOLDER/js" }\n${config}` });
  const folder = mkdtempSync(join(tmpdir(), 'heddle-faults-'));
  mkdirSync(join(folder, 'configs', 'workers'), { recursive: true });
  writeFileSync(join(folder, 'gateway.yaml'), 'kind: gateway\n');
  writeFileSync(
    join(folder, 'configs', 'workers', 'echo.yaml'),
    'name: echo\nworker_kind: processor\nprocessing_backend: a.b\ninput_schema: {type: object}\noutput_schema: {type: object}\n',
  );
  const letters =
    use.letters === true ? await keepLetters(server, folder) : { letter: '', operation: '', exported: '' };
  return {
    server,
    folder,
    file: join(folder, 'written'),
    url: ['--nats-url', server.url],
    ...letters,
    remove: async () => {
      server.thaw();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const REFUSAL =
  '{"reason":"rate_limited: no capacity","original_task":{"task_id":"t-1","worker_type":"echo","payload":{}},"task_id":"t-1","worker_type":"echo"}';

async function keepLetters(server: NatsServer, cwd: string): Promise<Pick<World, 'letter' | 'operation' | 'exported'>> {
  const cli = async (...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli(['dead-letter', ...argv], { cwd, env: { NATS_URL: server.url } });
    assert.ok(code === 0 || code === 4, `dead-letter ${argv.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  await cli('enable', '-q');
  const bus = await connect({ servers: [server.url] });
  for (const id of ['t-1', 't-2']) bus.publish('heddle.tasks.dead_letter', REFUSAL.replaceAll('t-1', id));
  await bus.flush();
  await cli('replay', '--everything', '--limit', '1', '--yes', '-q');
  await bus.close();
  const letter = /"id":"([^"]+)"/.exec(await cli('list', '--all', '-o', 'ndjson'))?.[1] ?? '';
  const operation = /"(?:operation|id)": ?"(r-[^"]+)"/.exec(await cli('replay', 'list', '-o', 'json'))?.[1] ?? '';
  assert.ok(letter !== '' && operation !== '', 'no letter, or no operation');
  const exported = join(cwd, 'exported.ndjson');
  await cli('export', exported, '--all');
  return { letter, operation, exported };
}
