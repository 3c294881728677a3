import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { type Broker, startBroker } from '../../../src/broker/broker.ts';
import { connect } from '../../../src/transport/nats.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';

/** A folder, a broker and a client of it, for the tests of a command in one file. */
export interface Bed {
  readonly folder: string;
  readonly client: Transport;
  /** The command with these arguments, on this broker alone. */
  at(...argv: string[]): string[];
}

/** `prepare` is done before the first test; leaks of the file fail it. */
export function bedFor(command: string, prepare: (bed: Bed) => Promise<void>): Bed {
  const folder = mkdtempSync(join(tmpdir(), `heddle-${command}-cli-`));
  let broker: Broker | undefined;
  let client: Transport | undefined;
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the bed is made before the first test');
    return value;
  };
  const bed: Bed = {
    folder,
    get client() {
      return there(client);
    },
    at: (...argv) => [command, ...argv, '--nats-url', there(broker).url, '--no-env-file', '--no-nats-context'],
  };
  before(async () => {
    broker = await startBroker();
    client = await connect({ servers: [broker.url], timeoutMs: 20_000 });
    await prepare(bed);
  });
  after(async () => {
    await client?.close();
    await broker?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  // After the hook above, which closes what this looks for.
  noLeaks();
  return bed;
}
