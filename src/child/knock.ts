import { connect } from 'node:net';
import type { Timers } from '../time/wait.ts';

/** Where a program listens: a port, or a path of a socket. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

/** `127.0.0.1:9000`, `unix:/run/x.sock` or a path; undefined for anything else. */
export function readPlace(text: string): Place | undefined {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length) : text.includes('/') ? text : undefined;
  if (path !== undefined) return path === '' ? undefined : { path };
  const [, host, port] = /^(?:tcp:)?(?:\[?([^\]]*?)\]?:)?(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  if (port === undefined || number < 1 || number > 65_535) return undefined;
  return { host: host || '127.0.0.1', port: number };
}

/** Whether somebody takes a connection there; it is closed at once. */
export function knock(place: Place, timers: Timers, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place);
    const done = (answer: boolean): void => {
      timers.cancel(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = timers.after(ms, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
