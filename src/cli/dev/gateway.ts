import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunningGateway } from '../../gateway/run.ts';
import { connect } from '../../transport/nats.ts';
import type { LogEvent } from '../log/line.ts';
import type { Session } from '../session.ts';

/** The config of a gateway, and whether somebody asked for this one. */
export interface GatewayBeside {
  readonly file: string;
  readonly shown: string;
  readonly named: boolean;
}

/** The gateway that is served beside the bus: as it was named, else the one that stands among the configs; undefined: none. */
export function gatewayBeside({ io }: Session, named: string | undefined, folder: string): GatewayBeside | undefined {
  const shown = named ?? join(folder, 'gateway.yaml');
  const file = resolve(io.cwd, shown);
  return named !== undefined || existsSync(file) ? { file, shown, named: named !== undefined } : undefined;
}

export async function serveBeside(
  session: Session,
  { file, shown, named }: GatewayBeside,
  bus: string,
  log: (event: LogEvent) => void,
): Promise<RunningGateway> {
  const [{ runGateway }, { loadGatewayFiles, secretsBeside }, { VERSION }] = await Promise.all([
    import('../../gateway/run.ts'),
    import('../../gateway/files.ts'),
    import('../../version.ts'),
  ]);
  const { clock, env, platform } = session.io;
  const input = loadGatewayFiles(file, shown);
  const name = `heddle-ts gateway ${input.config.name}`;
  const transport = await connect({ servers: [bus], name, reconnect: true, signal: session.stop, clock });
  session.atEnd(() => transport.close());
  transport.onEvent((event) => log({ kind: 'bus', who: 'gateway', event }));
  const serve = (port: number): Promise<RunningGateway> =>
    runGateway(transport, {
      inputs: input.inputs,
      config: { ...input.config, listen: { ...input.config.listen, port } },
      secrets: secretsBeside(file, env),
      version: VERSION,
      reload: async () => loadGatewayFiles(file, shown),
      log,
      clock,
      platform,
    });
  const { port } = input.config.listen;
  const gateway = await serve(port).catch((thrown: unknown) => {
    // Another bus of this kind runs here: nobody asked for just this port.
    if (named || !isTaken(thrown)) throw thrown;
    session.talk.warn(`port ${port} of ${shown} is taken: the gateway listens on another one`);
    return serve(0);
  });
  // Before the bus goes.
  session.atEnd(async () => void (await gateway.drain(1_000)));
  return gateway;
}

function isTaken(thrown: unknown): boolean {
  const { cause } = thrown as { readonly cause?: { readonly code?: unknown } };
  return cause?.code === 'EADDRINUSE';
}
