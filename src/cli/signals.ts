import { HeddleError } from '../errors.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';

export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  exitCode(): ExitCode | undefined;
  /** Run before the second signal ends the process: what must not be left behind. Cannot wait for anything. */
  beforeAbruptEnd(undo: () => void): void;
  release(): void;
}

/** The first signal asks, the second insists. */
export function listenForSignals(io: Io): Signals {
  const controller = new AbortController();
  const lastMeasures: (() => void)[] = [];
  let code: ExitCode | undefined;
  const receive = (name: 'SIGINT' | 'SIGTERM', exit: ExitCode) => (): void => {
    if (code !== undefined) {
      for (const measure of lastMeasures.reverse()) measure();
      return io.endNow(exit);
    }
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
    beforeAbruptEnd: (undo) => void lastMeasures.push(undo),
    release: () => {
      for (const each of undo) each();
    },
  };
}
