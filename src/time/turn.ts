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

/** A turn for everybody who gives way within it: what they do then, they do together. */
export class SharedTurn {
  #over: Promise<void> | undefined;

  over(): Promise<void> {
    this.#over ??= turn().then(() => {
      this.#over = undefined;
    });
    return this.#over;
  }
}
