import { isLoopback } from '../config/listen.ts';
import type { Session } from './session.ts';

/** Said once, where something is served to more than this machine and asks nobody who he is. */
export function warnExposed(session: Session, host: string, what: string, remedy: string): void {
  if (isLoopback(host)) return;
  session.talk.warn(`everybody who reaches ${host} can read ${what}; ${remedy}`);
}
