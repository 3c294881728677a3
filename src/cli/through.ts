import type { Sink } from './sink.ts';

/** The same place, to which what becomes of each piece is passed on. */
export function through(sink: Sink, made: (chunk: string | Uint8Array) => string | Uint8Array): Sink {
  return {
    isTTY: sink.isTTY,
    terminal: sink.terminal,
    get columns() {
      return sink.columns;
    },
    get rows() {
      return sink.rows;
    },
    get queued() {
      return sink.queued;
    },
    get broken() {
      return sink.broken;
    },
    get failure() {
      return sink.failure;
    },
    get stuck() {
      return sink.stuck;
    },
    write: (chunk) => sink.write(made(chunk)),
    drained: (left) => sink.drained(left),
    useEventLoop: () => sink.useEventLoop(),
    abandon: () => sink.abandon(),
    onBroken: (listener) => sink.onBroken(listener),
    onResize: (listener) => sink.onResize?.(listener) ?? (() => {}),
  };
}
