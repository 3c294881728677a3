import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readText } from '../../config/document.ts';
import { configsUnder, isDirectory } from '../../config/find-files.ts';
import { configKind } from '../../config/kind.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import { readGatewayConfig } from '../../config/views/gateway-config/read.ts';
import { requireConfig } from '../../config/views/view.ts';
import { readWorkerConfig } from '../../config/views/worker.ts';
import { HeddleError } from '../../errors.ts';
import type { GatewayInput } from '../../gateway/run.ts';
import type { SecretSource } from '../../gateway/secrets.ts';
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
export function loadGateway(session: Session, { file, shown }: ConfigPlace): GatewayInput {
  if (shown === undefined) {
    const config = usual();
    const folder = resolve(session.io.cwd, DEFAULT_CONFIGS);
    return { config, inputs: isDirectory(folder) ? inputsBelow(folder) : undefined };
  }
  const config = requireConfig(file, shown, readGatewayConfig);
  if (config.configsDir === undefined) return { config };
  const folder = resolve(dirname(file), config.configsDir);
  if (!isDirectory(folder)) {
    throw new HeddleError('input_unreadable', `${shown}: configs_dir leads to no folder: ${config.configsDir}`);
  }
  return { config, inputs: inputsBelow(folder) };
}

function usual(): GatewayConfig {
  const read = readGatewayConfig(readText('', 'kind: gateway'));
  if (!read.ok) throw new Error('the usual config is none');
  return read.value;
}

/** What cannot be read is for `validate` to tell; a gateway must not stand still for it. */
function inputsBelow(folder: string): GatewayInput['inputs'] {
  const found = configsUnder(folder).flatMap((file) => {
    const document = readConfigFile(file);
    if (configKind(document.root) !== 'worker') return [];
    const config = readWorkerConfig(document);
    return config.ok ? [[config.value.name, config.value.inputSchema] as const] : [];
  });
  return new Map(found);
}

/** Files are named from where the config is. */
export function secretsOf({ io }: Session, { file }: ConfigPlace): SecretSource {
  return { env: io.env, read: (path) => readFileSync(resolve(dirname(file), path), 'utf8') };
}
