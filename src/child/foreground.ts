import { spawn } from 'node:child_process';
import { HeddleError } from '../errors.ts';

/**
 * Runs a program that talks with the user itself, such as an editor: it has our terminal until it ends. An argument list, no shell.
 * Resolves with its exit code; 128 and more for a signal, as shells say it.
 */
export async function runInForeground(
  [file, ...args]: readonly [program: string, ...args: string[]],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<number> {
  return await new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...env }, stdio: 'inherit', shell: false });
    child.once('error', (cause) => {
      reject(new HeddleError('usage', `cannot start ${JSON.stringify(file)}: ${cause.message}`, { cause }));
    });
    child.once('close', (code) => resolve(code ?? 128));
  });
}
