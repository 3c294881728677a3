import { randomBytes } from 'node:crypto';
import { type FileHandle, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '../../errors.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import { createFile, failed, readText, unless } from './files.ts';
import { fateOf, ourselves, type ProcessName } from './processes.ts';

const CLAIM = /-[0-9a-f]{16}\.claim$/;
/** A claim of another machine or container is judged by how long ago it was renewed. */
const RENEW_MS = 10_000;
const FORGOTTEN_MS = 60_000;
const TRIES = 25;
const LONGEST_PAUSE_MS = 40;

interface Claimed extends ProcessName {
  /** False while its writer still looks whether it is alone. */
  readonly holds: boolean;
}

/** What is claimed in a folder. */
export interface Claimable {
  /** How the files of the claims begin. */
  readonly name: string;
  /** What its holder does, in words: `writes in ...`. */
  readonly does: string;
}

/**
 * The right to write in a folder, or to one file of it: of one writer at a time, over processes.
 *
 * Each writer has a claim under a name of its own, made before it looks for those of others; whoever finds another's that
 * lives takes its own back. So two can never both hold it, and a claim of the dead can be removed by anybody: its name is
 * nobody else's. A lock under one name for all would have to be removed and made anew, and in between two can take it.
 */
export class WriterClaim {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #renewedAt: number;
  #lost = false;

  private constructor(path: string, file: FileHandle, clock: Clock) {
    this.#path = path;
    this.#file = file;
    this.#clock = clock;
    this.#renewedAt = clock.now();
  }

  /** Throws `store_busy` while another writes there. `took` is called for each claim of the dead that was removed. */
  static async take(
    folder: string,
    clock: Clock,
    took: (of: ProcessName) => void,
    what: Claimable = { name: 'writer', does: `writes in ${folder}` },
  ): Promise<WriterClaim> {
    const us = await ourselves();
    for (let tries = 1; ; tries += 1) {
      const claim = await WriterClaim.#make(folder, us, clock, what.name);
      const others = await claim.#livingBeside(folder, what.name, took).catch(async (error: unknown) => {
        await claim.release();
        throw error;
      });
      const [holder] = others.filter(({ holds }) => holds);
      if (others.length === 0) {
        await claim.#hold(us);
        return claim;
      }
      await claim.release();
      if (holder !== undefined || tries === TRIES) throw busy(what.does, holder ?? others[0], us);
      // Several began at the same moment and all stepped back; chance lets one be alone.
      await sleep(clock, 1 + ((randomBytes(1)[0] ?? 0) % LONGEST_PAUSE_MS));
    }
  }

  static async #make(folder: string, us: ProcessName, clock: Clock, name: string): Promise<WriterClaim> {
    const path = join(folder, `${name}-${randomBytes(8).toString('hex')}.claim`);
    try {
      // Under its name only when it is whole, so that nobody reads half a claim.
      const file = await createFile(`${path}.new`);
      await file.write(textOf(us, false), 0);
      await rename(`${path}.new`, path);
      return new WriterClaim(path, file, clock);
    } catch (error) {
      throw failed(`write in ${folder}`, error);
    }
  }

  /** Throws when somebody took this claim for one of the dead, as when this process was stopped for minutes. */
  async confirm(): Promise<void> {
    if (!this.#lost && this.#clock.now() - this.#renewedAt > RENEW_MS) await this.#renew();
    if (this.#lost) {
      throw new HeddleError('store_busy', `the right to write in ${this.#path} was lost to another process`, {
        hint: 'This process did not run for a minute. Open the store again.',
        retryable: false,
      });
    }
  }

  async release(): Promise<void> {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    await this.#file.close();
    if (!this.#lost) await rm(this.#path, { force: true });
  }

  async #livingBeside(folder: string, what: string, took: (of: ProcessName) => void): Promise<Claimed[]> {
    const living: Claimed[] = [];
    const { mtimeMs: now } = await this.#file.stat();
    const isClaim = (name: string): boolean => name.replace(CLAIM, '') === what && name !== what;
    for (const name of (await readdir(folder)).filter(isClaim).sort()) {
      const path = join(folder, name);
      if (path === this.#path) continue;
      const claimed = claimedIn(await readText(path));
      const age = now - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
      const fate = claimed === undefined ? 'dead' : await fateOf(claimed);
      if (claimed !== undefined && (fate === 'alive' || (fate === 'unknown' && age < FORGOTTEN_MS))) {
        living.push(claimed);
        continue;
      }
      // That of another user's dead may have to stay where it is.
      await rm(path, { force: true }).catch(unless('EPERM', 'EACCES'));
      if (claimed?.holds) took(claimed);
    }
    return living;
  }

  async #hold(us: ProcessName): Promise<void> {
    await this.#file.write(textOf(us, true), 0);
    this.#renewLater();
  }

  #renewLater(): void {
    this.#timer = this.#clock.after(RENEW_MS, () => {
      void this.#renew()
        .catch(() => {})
        .then(() => {
          if (this.#timer !== undefined) this.#renewLater();
        });
    });
    this.#clock.unref(this.#timer);
  }

  /** Written, not only touched: the time of the file is then the file system's own, also on a share. */
  async #renew(): Promise<void> {
    if ((await this.#file.stat()).nlink === 0) this.#lost = true;
    else {
      await this.#file.write(textOf(await ourselves(), true), 0);
      this.#renewedAt = this.#clock.now();
    }
  }
}

/** Asking and holding differ in one byte: whoever reads while it is written reads the one or the other. */
function textOf(us: ProcessName, holds: boolean): string {
  return JSON.stringify({ ...us, holds: holds ? 1 : 0 });
}

function claimedIn(text: string | undefined): Claimed | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, began, realm, holds } = value as Readonly<Record<string, unknown>>;
    if (typeof pid !== 'number' || typeof realm !== 'string') return undefined;
    return { pid, realm, began: typeof began === 'string' ? began : null, holds: holds === 1 };
  } catch {
    // Cut off by a power failure, after which nobody lives who wrote it.
    return undefined;
  }
}

function busy(does: string, other: ProcessName | undefined, us: ProcessName): HeddleError {
  const who =
    other === undefined
      ? 'another process'
      : other.realm !== us.realm
        ? `process ${other.pid} on ${other.realm.split(' ')[0] || 'another machine'}`
        : other.pid === us.pid
          ? 'this very process'
          : `process ${other.pid}`;
  return new HeddleError('store_busy', `${who} ${does} already; only one may`, {
    hint: 'Reading it meanwhile is possible. When that process ends, its right to write ends with it.',
    retryable: true,
  });
}
