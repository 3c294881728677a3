import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A part of a bench in a process of its own, so that what it costs is its alone. */
export interface Serving {
  readonly process: ChildProcess;
  readonly url: string;
}

/** Starts a module with these arguments. Its first message says where it serves. */
export async function startServing(module: string, ...args: readonly string[]): Promise<Serving> {
  const forked = fork(fileURLToPath(module), args, { execArgv: ['--expose-gc'] });
  const [url] = (await once(forked, 'message')) as [string];
  return { process: forked, url };
}

/** In the process itself: says where it serves, and whenever it is asked, what time of a processor it took so far, in us. */
export function serving(url: string): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.send?.(url);
}

/** Its next message is the answer. */
export async function answerOf<Answer>({ process: asked }: Serving, what: string): Promise<Answer> {
  asked.send(what);
  const [answer] = (await once(asked, 'message')) as [Answer];
  return answer;
}

export async function end(...children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }),
  );
}
