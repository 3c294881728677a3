import { resolve } from 'node:path';
import type { Sidecar } from '../../child/sidecar.ts';
import { HeddleError } from '../../errors.ts';
import type { SidecarHere } from '../../worker/define.ts';
import type { ChildEvent } from '../../worker/events.ts';
import type { Performer } from '../../worker/performer.ts';
import type { Session } from '../session.ts';
import type { HandlerFlags } from './flags.ts';
import { envBeside } from './sidecar.ts';

/** What does the work: exactly one of the three was asked for. */
export async function performerOf(
  { io }: Session,
  { handler, exec, echo, execPerTask, maxLine }: HandlerFlags,
  log: (event: ChildEvent) => void,
  sidecar?: Sidecar,
): Promise<Performer> {
  const chosen = [handler !== undefined, exec !== undefined, echo].filter(Boolean).length;
  if (chosen !== 1) {
    throw new HeddleError('usage', `worker needs one of --handler, --exec and --echo, and got ${chosen}`, {
      hint: 'With --echo it answers with the payload; see heddle-ts worker --help.',
    });
  }
  if (handler !== undefined) {
    const [{ loadHandler }, { inProcess }] = await Promise.all([
      import('../../worker/load-handler.ts'),
      import('../../worker/in-process.ts'),
    ]);
    const path = resolve(io.cwd, handler);
    const loaded = await loadHandler(path, handler).catch(async (thrown: unknown) => {
      throw await (await import('./syntax-place.ts')).withPlace(thrown, path, handler, io);
    });
    const here = (): SidecarHere | undefined => sidecar && { address: sidecar.state.address, isUp: sidecar.isUp };
    return inProcess(loaded, { clock: io.clock, sidecar: here });
  }
  if (exec === undefined) return (await import('../../worker/in-process.ts')).echo();
  const { splitCommand } = await import('../../child/split-command.ts');
  const options = {
    command: splitCommand(exec),
    cwd: io.cwd,
    env: envBeside(io.env, sidecar),
    platform: io.platform,
    maxLine,
    maxLineCalled: '--max-line',
    clock: io.clock,
    log,
  };
  return execPerTask
    ? (await import('../../worker/exec/per-task.ts')).execPerTask(options)
    : (await import('../../worker/exec/long-lived.ts')).execLongLived(options);
}
