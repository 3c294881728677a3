import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { splitCommand } from '../child/split-command.ts';
import { configsUnder, isDirectory } from '../config/find-files.ts';
import { configKind } from '../config/kind.ts';
import { readConfigFile } from '../config/read-file.ts';
import { showProblem } from '../config/views/view.ts';
import { readWorkerConfig, type WorkerConfig } from '../config/views/worker.ts';
import { isJsonObject } from '../contract/json.ts';
import { checkSettings, settingsOf, type WorkerSettings } from '../worker/settings.ts';

/** What runs the tasks of one config. */
export type DevHandler =
  | { readonly kind: 'echo' }
  | { readonly kind: 'module'; readonly file: string; readonly shown: string }
  | { readonly kind: 'program'; readonly command: readonly [string, ...string[]] };

/** A worker that can run here, and what does its tasks. */
export interface DevWorker {
  readonly settings: WorkerSettings;
  readonly handler: DevHandler;
  /** The config file as shown to people; undefined for the echo that is built in. */
  readonly file: string | undefined;
}

/** A config that `dev` does not run, and why. */
export interface DevSkipped {
  readonly file: string;
  readonly name: string | undefined;
  readonly reason: string;
}

const BUILT_IN_ECHO: DevWorker = {
  settings: {
    name: 'echo',
    kind: 'processor',
    tier: 'local',
    inputSchema: { type: 'object' },
    outputSchema: { type: 'object' },
    timeoutMs: undefined,
  },
  handler: { kind: 'echo' },
  file: undefined,
};

/** The workers under a folder that can run here; an echo worker is always among them. */
export function findWorkers(folder: string, cwd: string): { workers: DevWorker[]; skipped: DevSkipped[] } {
  const workers: DevWorker[] = [];
  const skipped: DevSkipped[] = [];
  const root = resolve(cwd, folder);
  for (const path of isDirectory(root) ? configsUnder(root) : []) {
    const file = shownPath(path, root, folder);
    const document = readConfigFile(path, file);
    if (document.problems.length === 0 && configKind(document.root) !== 'worker') continue;
    const config = readWorkerConfig(document);
    if (!config.ok) {
      const [first] = config.problems;
      skipped.push({ file, name: undefined, reason: first === undefined ? 'unreadable' : showProblem(first) });
      continue;
    }
    const handler = handlerOf(config.value, path, cwd);
    const settings = settingsOf(config.value);
    const reason = 'reason' in handler ? handler.reason : unusable(settings);
    if (reason !== undefined) skipped.push({ file, name: settings.name, reason });
    else if (!('reason' in handler)) workers.push({ settings, handler, file });
  }
  if (!workers.some(({ settings }) => settings.name === 'echo')) workers.unshift(BUILT_IN_ECHO);
  return { workers, skipped };
}

function unusable(settings: WorkerSettings): string | undefined {
  try {
    checkSettings(settings, settings.tier);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/**
 * `implementation: {runtime: node, entry: ./module.mjs}` is a handler module, `{runtime: exec, entry: "prog arg"}` a program;
 * a processor named echo without one of these echoes. Files are looked for from the working directory, then from the config.
 */
function handlerOf(config: WorkerConfig, path: string, cwd: string): DevHandler | { readonly reason: string } {
  if (config.kind !== 'processor') return { reason: 'an LLM worker, which runs in Python' };
  const { implementation } = config;
  const runtime = isJsonObject(implementation) ? implementation.runtime : undefined;
  const entry = isJsonObject(implementation) ? implementation.entry : undefined;
  if ((runtime === 'node' || runtime === 'exec') && typeof entry !== 'string') {
    return { reason: `implementation.runtime is ${runtime}, but entry is no text` };
  }
  if (runtime === 'node') {
    const file = [resolve(cwd, String(entry)), resolve(dirname(path), String(entry))].find((place) =>
      existsSync(place),
    );
    if (file === undefined) return { reason: `there is no ${String(entry)}` };
    return { kind: 'module', file, shown: String(entry) };
  }
  if (runtime === 'exec') {
    try {
      return { kind: 'program', command: splitCommand(String(entry)) };
    } catch (thrown) {
      return { reason: `implementation.entry: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
    }
  }
  if (config.name === 'echo') return { kind: 'echo' };
  if (runtime !== undefined) return { reason: `runtime ${JSON.stringify(runtime)} is started by its own tools` };
  return { reason: 'no handler for it here (implementation: {runtime: node, entry: …})' };
}

function shownPath(path: string, root: string, folder: string): string {
  return path.startsWith(root) ? `${folder.replace(/\/+$/, '')}${path.slice(root.length)}` : path;
}
