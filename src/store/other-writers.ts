import { type FileHandle, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { HeddleError } from '../errors.ts';

const PROCESSES = '/proc';
/** What of the flags of an open file says how it may be used, and what stands there for reading alone. */
const USE = 0o3;
const READS = 0;

/**
 * A file with two names has a claim beside each of them, so that neither says that there is a writer. Where the system tells which
 * files a process has open (Linux, of the processes that may be looked at), throws `store_busy` when one writes to this very file.
 */
export async function refuseOtherWriters(handle: FileHandle): Promise<void> {
  const { dev, ino, nlink } = await handle.stat({ bigint: true });
  if (nlink <= 1n) return;
  const us = await readlink(`${PROCESSES}/self`).catch(() => undefined);
  for (const pid of await namesIn(PROCESSES)) {
    if (!/^\d+$/.test(pid)) continue;
    const own = pid === us;
    for (const file of await namesIn(`${PROCESSES}/${pid}/fd`)) {
      if (own && Number(file) === handle.fd) continue;
      const open = await stat(`${PROCESSES}/${pid}/fd/${file}`, { bigint: true }).catch(() => undefined);
      if (open?.dev !== dev || open.ino !== ino || !(await writes(pid, file))) continue;
      throw new HeddleError(
        'store_busy',
        `${own ? 'this very process' : `process ${pid}`} writes to it already, under another of its names; only one may`,
        { hint: 'Reading it meanwhile is possible.', retryable: true },
      );
    }
  }
}

async function writes(pid: string, file: string): Promise<boolean> {
  const info = await readFile(`${PROCESSES}/${pid}/fdinfo/${file}`, 'utf8').catch(() => '');
  const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & USE) !== READS;
}

/** None where there is no such folder, or it is not ours to look into. */
async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
