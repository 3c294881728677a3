import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDirectory } from '../../config/find-files.ts';
import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import { isOpen } from '../../config/views/gateway-config/read.ts';
import type { GatewayInput } from '../../gateway/core.ts';
import { loadGatewayFiles, schemasBelow, secretsBeside, usualGateway } from '../../gateway/files.ts';
import type { SecretSource } from '../../gateway/secrets.ts';
import { warnExposed } from '../flags/listen-address.ts';
import type { Session } from '../session.ts';
import { DEFAULT_CONFIG, DEFAULT_CONFIGS } from './flags.ts';

/** Where the config is; `shown` undefined: there is none, and everything is as usual. */
export interface ConfigPlace {
  readonly file: string;
  readonly shown: string | undefined;
}

export function placeOf({ io }: Session, written: string | undefined): ConfigPlace {
  const shown = written ?? DEFAULT_CONFIG;
  const file = resolve(io.cwd, shown);
  return { file, shown: written === undefined && !existsSync(file) ? undefined : shown };
}

/** The config and the worker configs that it is to know. Without a config: what is usual, and the workers below configs/. */
export function loadGateway({ io }: Session, { file, shown }: ConfigPlace): GatewayInput {
  if (shown !== undefined) return loadGatewayFiles(file, shown);
  const folder = resolve(io.cwd, DEFAULT_CONFIGS);
  return { config: usualGateway(), ...(isDirectory(folder) ? schemasBelow(folder) : {}) };
}

/** Said where the gateway is found by others and asks nobody who he is: what it serves then beside verified webhooks. */
export function warnOpen(session: Session, config: GatewayConfig): void {
  if (isOpen(config))
    warnExposed(session, config.listen.host, '/metrics and /v1/contract', 'tokens below auth change that');
}

export function secretsOf({ io }: Session, { file }: ConfigPlace): SecretSource {
  return secretsBeside(file, io.env);
}
