import { execFile } from 'node:child_process';

/** Enough of what a program says to know what it means. */
const AT_MOST = 64 * 1024;

/** Runs a program to its end and gives what it wrote to stderr; what it had written when it could not be run, or not for so long. */
export async function saidBy(
  [file, ...args]: readonly [program: string, ...args: string[]],
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<string> {
  return await new Promise((resolve) => {
    execFile(file, args, { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: AT_MOST }, (_error, _out, said) =>
      resolve(said),
    );
  });
}
