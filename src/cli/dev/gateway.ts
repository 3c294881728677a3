import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ServedGateway } from '../../gateway/sdk.ts';
import { connect } from '../../transport/nats.ts';
import type { LogEvent } from '../log/line.ts';
import type { Session } from '../session.ts';

/** The gateway that is served beside the bus: as it was named, else the one that stands among the configs; undefined: none. */
export function gatewayConfigOf({ io }: Session, named: string | undefined, folder: string): string | undefined {
  if (named !== undefined) return resolve(io.cwd, named);
  const file = resolve(io.cwd, join(folder, 'gateway.yaml'));
  return existsSync(file) ? file : undefined;
}

export async function serveBeside(
  session: Session,
  config: string,
  bus: string,
  log: (event: LogEvent) => void,
): Promise<ServedGateway> {
  const [{ serveGateway }, { adviceText }] = await Promise.all([
    import('../../gateway/sdk.ts'),
    import('../remedies.ts'),
  ]);
  const { clock, env } = session.io;
  const name = 'heddle-ts gateway dev';
  const transport = await connect({ servers: [bus], name, reconnect: true, signal: session.stop, clock });
  session.atEnd(() => transport.close());
  transport.onEvent((event) => log({ kind: 'bus', who: 'gateway', event }));
  const gateway = await serveGateway(transport, { config, env, clock, log, words: adviceText });
  // Before the bus goes.
  session.atEnd(() => gateway.stop(1_000));
  return gateway;
}
