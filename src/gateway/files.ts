import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readText } from '../config/document.ts';
import { configsUnder, isDirectory } from '../config/find-files.ts';
import { configKind } from '../config/kind.ts';
import { readConfigFile } from '../config/read-file.ts';
import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import { readGatewayConfig } from '../config/views/gateway-config/read.ts';
import { requireConfig } from '../config/views/view.ts';
import { readWorkerConfig } from '../config/views/worker.ts';
import { HeddleError } from '../errors.ts';
import type { GatewayInput } from './core.ts';
import type { WorkerInputs } from './requests/read-work.ts';
import type { SecretSource } from './secrets.ts';

/** A config and the worker configs that it names. Throws with the places of what is wrong. */
export function loadGatewayFiles(path: string, shown = path): GatewayInput {
  const config = requireConfig(path, shown, readGatewayConfig);
  if (config.configsDir === undefined) return { config };
  const folder = resolve(dirname(path), config.configsDir);
  if (isDirectory(folder)) return { config, ...schemasBelow(folder) };
  throw new HeddleError('input_unreadable', `${shown}: configs_dir leads to no folder: ${config.configsDir}`);
}

/** What is served where nobody says anything: requests, on loopback. */
export function usualGateway(): GatewayConfig {
  const read = readGatewayConfig(readText('', 'kind: gateway'));
  if (!read.ok) throw new Error('the usual config is none');
  return read.value;
}

/** The schemas of the workers below a folder. What cannot be read is for others to tell: a gateway must not stand still for it. */
export function schemasBelow(folder: string): { readonly inputs: WorkerInputs; readonly outputs: WorkerInputs } {
  const found = configsUnder(folder).flatMap((file) => {
    const document = readConfigFile(file);
    if (configKind(document.root) !== 'worker') return [];
    const config = readWorkerConfig(document);
    return config.ok ? [config.value] : [];
  });
  return {
    inputs: new Map(found.map(({ name, inputContract }) => [name, inputContract])),
    outputs: new Map(found.map(({ name, outputContract }) => [name, outputContract])),
  };
}

/** Secrets of an environment, and of files that are named from where the config is. */
export function secretsBeside(path: string, env: SecretSource['env']): SecretSource {
  return { env, folder: dirname(resolve(path)), read: (file) => readPlain(resolve(dirname(path), file)) };
}

/** Secrets, keys and certificates are small. */
const LARGEST_BYTES = 1024 * 1024;

/** A pipe would keep everything waiting, a device has no end; a config may be anybody's. */
function readPlain(path: string): string {
  // Without NONBLOCK, opening a FIFO waits for somebody to write.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() && !stat.isDirectory()) throw unfit('it is a pipe, socket or device, not a file');
    if (stat.size > LARGEST_BYTES) throw unfit('it is larger than 1 MiB');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function unfit(why: string): HeddleError {
  return new HeddleError('settings_invalid', why);
}
