import { createInterface } from 'node:readline';
import type { Session } from '../../session.ts';

/** Asks a person; undefined where there is none to ask. */
export async function confirmed({ io, stop, machine }: Session, question: string): Promise<boolean | undefined> {
  const stdin = io.stdin();
  if (machine || stdin.isTTY !== true || !io.stderr.isTTY) return undefined;
  io.stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    return await new Promise((resolve) => {
      lines.once('line', (line) => resolve(/^y(?:es)?$/i.test(line.trim())));
      lines.once('close', () => resolve(false));
      stop.addEventListener('abort', () => resolve(false), { once: true });
    });
  } finally {
    lines.close();
    stdin.pause();
  }
}
