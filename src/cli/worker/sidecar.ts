import type { Sidecar, SidecarEvent } from '../../child/sidecar.ts';
import type { Session } from '../session.ts';
import type { SidecarFlags } from './flags.ts';

/** The variable in which a sidecar and a program behind --exec find where the sidecar listens. */
const ADDRESS = 'HEDDLE_SIDECAR_ADDRESS';
const RESTARTS = 5;
/** It is local, and tasks may wait for it. */
const FIRST_PAUSE_MS = 250;

/** The program that was asked for beside the worker; undefined: none was. It is not started yet. */
export async function sidecarOf(
  { io }: Session,
  { sidecar: written, sidecarAt: at, sidecarRestarts }: SidecarFlags,
  log: (event: SidecarEvent) => void,
): Promise<Sidecar | undefined> {
  if (written === undefined) return undefined;
  const [{ Sidecar }, { splitCommand }, { requireProgram }] = await Promise.all([
    import('../../child/sidecar.ts'),
    import('../../child/split-command.ts'),
    import('../../child/find-program.ts'),
  ]);
  const command = splitCommand(written);
  await requireProgram(command[0], io);
  return new Sidecar({
    name: command[0],
    command,
    cwd: io.cwd,
    env: at === undefined ? io.env : { ...io.env, [ADDRESS]: at.text },
    platform: io.platform,
    at,
    restarts: sidecarRestarts ?? RESTARTS,
    firstPauseMs: FIRST_PAUSE_MS,
    clock: io.clock,
    log,
  });
}

/** The environment of a program behind --exec, with the address as it is when the program is started. */
export function envBeside(env: Session['io']['env'], sidecar: Sidecar | undefined): Session['io']['env'] {
  if (sidecar === undefined) return env;
  return Object.defineProperty({ ...env }, ADDRESS, { enumerable: true, get: () => sidecar.state.address });
}
