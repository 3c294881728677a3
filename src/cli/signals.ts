import { HeddleError } from '../errors.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';

export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  exitCode(): ExitCode | undefined;
  release(): void;
}

/** The first signal asks, the second insists. */
export function listenForSignals(io: Io): Signals {
  const controller = new AbortController();
  let code: ExitCode | undefined;
  const receive = (name: 'SIGINT' | 'SIGTERM', exit: ExitCode) => (): void => {
    if (code !== undefined) return io.endNow(exit);
    code = exit;
    controller.abort(new HeddleError('interrupted', `interrupted by ${name}`));
  };
  const undo = [
    io.onSignal('SIGINT', receive('SIGINT', EXIT.interrupted)),
    io.onSignal('SIGTERM', receive('SIGTERM', EXIT.terminated)),
  ];
  return {
    stop: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const each of undo) each();
    },
  };
}
