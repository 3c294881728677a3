import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { HeddleError } from '../errors.ts';

/**
 * Written whole or not at all: who waits for the file can read it, and nobody else can. The draft is a file of our own making:
 * in a folder that others write to, a link of that name leads nowhere. Returns the removal.
 */
export function writeReadyFile(path: string, content: { readonly url: string; readonly pid: number }): () => void {
  const draft = `${path}.${content.pid}.tmp`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, `${JSON.stringify({ schema_version: 1, ...content })}\n`, { flag: 'wx', mode: 0o600 });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('usage', `cannot write ${path}: ${why}`, { cause });
  }
  return () => rmSync(path, { force: true });
}
