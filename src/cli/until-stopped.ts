import type { Session } from './session.ts';

/** Resolves at the first SIGINT or SIGTERM, and when whoever read our output went away. */
export function untilStopped(session: Session): Promise<undefined> {
  return new Promise((resolve) => {
    const done = (): void => resolve(undefined);
    if (session.stop.aborted || session.io.stdout.broken) return done();
    session.stop.addEventListener('abort', done, { once: true });
    session.atEnd(session.io.stdout.onBroken(done));
  });
}
