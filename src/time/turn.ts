/**
 * A turn of the event loop is no time: whoever gives way so that sockets, timers and signals get theirs waits for no
 * clock, and a clock that is handed in does not stop it. Taken when this file is loaded, because it stands in the way of
 * every message, and because a test that mocks Node's timers must not stop the bus.
 */
export const nextTurn: (run: () => void) => void = setImmediate;

/** Gives way once. */
export function turn(): Promise<void> {
  return new Promise(nextTurn);
}
