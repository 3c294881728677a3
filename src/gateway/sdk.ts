import { checkArgument, checkOptions, is, type Keys, needed } from '../check-options.ts';
import type { HeddleError } from '../errors.ts';
import type { SomeAdvice } from '../remedy.ts';
import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { VERSION } from '../version.ts';
import type { GatewayEvent } from './events.ts';
import { loadGatewayFiles, secretsBeside } from './files.ts';
import { runGateway } from './run.ts';

/** Which gateway is served, and where its secrets are. */
export interface ServeGatewayOptions {
  /** The path of a gateway config, which is read again when somebody asks for a reload. */
  readonly config: string;
  /** Where the secrets that the config names by `env` are, such as process.env. Default: nowhere. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly log?: ((event: GatewayEvent) => void) | undefined;
  /** How the console words what to do. Default: the hint, else the name of the remedy. */
  readonly words?: ((advice: SomeAdvice) => string) | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Fresh ids for requests. Default: random uuid4. */
  readonly uuid?: (() => string) | undefined;
}

/** A gateway that takes requests. */
export interface ServedGateway {
  readonly url: string;
  /** True when the new config is in force, false when the old one stays. */
  reload(): Promise<boolean>;
  /** Takes nothing more, answers what it has, puts results away. Resolves within the grace; the connection stays open. */
  stop(graceMs: number): Promise<void>;
  /** Settles when the bus is gone for good; with the reason when nobody asked for it. */
  readonly closed: Promise<HeddleError | undefined>;
}

/** Serves HTTP for a bus, by a config. Connect with `reconnect: true`, and call `stop(graceMs)` on SIGTERM. */
export async function serveGateway(transport: Transport, options: ServeGatewayOptions): Promise<ServedGateway> {
  checkArgument('serveGateway', 'the first argument', transport, is.bus);
  checkOptions('serveGateway', options, OPTIONS);
  const { config, env = {}, log, words, clock, uuid } = options;
  const { url, reload, drain, closed } = await runGateway(transport, {
    ...loadGatewayFiles(config),
    secrets: secretsBeside(config, env),
    version: VERSION,
    reload: async () => loadGatewayFiles(config),
    log,
    words,
    clock,
    uuid,
  });
  return { url, reload, stop: async (graceMs) => void (await drain(graceMs)), closed };
}

const OPTIONS: Keys<ServeGatewayOptions> = {
  config: needed(is.text),
  env: is.object,
  log: is.callback,
  words: is.callback,
  clock: is.clock,
  uuid: is.callback,
};
