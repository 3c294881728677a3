import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunningDev } from '../../dev/run.ts';
import type { GatewayInput } from '../../gateway/core.ts';
import type { RunningGateway } from '../../gateway/run.ts';
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
  bus: Pick<RunningDev, 'connect'>,
  log: (event: LogEvent) => void,
): Promise<RunningGateway> {
  const [{ runGateway }, { loadGatewayFiles, secretsBeside }, { warnOpen }, { adviceText }, { VERSION }] =
    await Promise.all([
      import('../../gateway/run.ts'),
      import('../../gateway/files.ts'),
      import('../gateway/load.ts'),
      import('../remedies.ts'),
      import('../../version.ts'),
    ]);
  const { clock, env, platform } = session.io;
  const input = loadGatewayFiles(file, shown);
  const transport = await bus.connect(`heddle-ts gateway ${input.config.name}`, 'gateway');
  const serve = (port: number | undefined): Promise<RunningGateway> =>
    runGateway(transport, {
      ...onPort(input, port),
      secrets: secretsBeside(file, env),
      version: VERSION,
      reload: async () => onPort(loadGatewayFiles(file, shown), port),
      log,
      words: adviceText,
      clock,
      platform,
    });
  const gateway = await serve(undefined).catch((thrown: unknown) => {
    // Another bus of this kind runs here: nobody asked for just this port.
    if (named || !isTaken(thrown)) throw thrown;
    session.talk.warn(`port ${input.config.listen.port} of ${shown} is taken: the gateway listens on another one`);
    return serve(0);
  });
  warnOpen(session, input.config);
  // Before the bus goes.
  session.atEnd(async () => void (await gateway.drain(1_000)));
  return gateway;
}

/** undefined: on the one that it names. */
function onPort(input: GatewayInput, port: number | undefined): GatewayInput {
  const { config } = input;
  return port === undefined ? input : { ...input, config: { ...config, listen: { ...config.listen, port } } };
}

function isTaken(thrown: unknown): boolean {
  const { cause } = thrown as { readonly cause?: { readonly code?: unknown } };
  return cause?.code === 'EADDRINUSE';
}
