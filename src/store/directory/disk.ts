import type { FileHandle } from 'node:fs/promises';

/** What a log asks of the disk, so that a test can let it fail. */
export interface Disk {
  write(file: FileHandle, bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves when what was written outlives a power failure. */
  sync(file: FileHandle): Promise<void>;
}

export const realDisk: Disk = {
  async write(file, bytes, position) {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  },
  sync: (file) => file.datasync(),
};
