// In which order a binary's code lies in its file: as commands ask for it when they start, so that what is read is read in a row.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** What is run to see it: a whole short command, and the beginning of every one that has a bus (nobody listens there: it ends at once). */
const RUNS = {
  validate: ['validate', join('configs', 'workers', 'echo.yaml')],
  preflight: ['preflight', '--nats-url', 'nats://127.0.0.1:1', '--no-env-file', '--no-nats-context', '--timeout', '2s'],
};

/** Files for Bun's --bytecode-order, made in `folder` by running `binary`. */
export function orderOf(binary, folder) {
  return Object.entries(RUNS).map(([name, argv]) => {
    const file = join(folder, `order-of-${name}`);
    const ran = spawnSync(binary, argv, { encoding: 'utf8', env: { BUN_BYTECODE_ORDER_OUT: file }, timeout: 60_000 });
    const written = statSync(file, { throwIfNoEntry: false });
    if (written === undefined || written.size === 0)
      throw new Error(`${name} wrote no order: ${ran.stderr || ran.error}`);
    return file;
  });
}
