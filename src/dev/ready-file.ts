import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { HeddleError } from '../errors.ts';

/** Written whole or not at all: who waits for the file can read it. Returns the removal. */
export function writeReadyFile(path: string, content: { readonly url: string; readonly pid: number }): () => void {
  const draft = `${path}.${content.pid}.tmp`;
  try {
    writeFileSync(draft, `${JSON.stringify({ schema_version: 1, ...content })}\n`);
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('usage', `cannot write ${path}: ${why}`, { cause });
  }
  return () => rmSync(path, { force: true });
}
