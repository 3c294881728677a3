import type { Sink } from './sink.ts';

/** A terminal: Node's own stream knows its width and, on Windows, its encoding. */
export class TerminalSink implements Sink {
  readonly isTTY = true;
  broken = false;
  failure: Error | undefined;
  readonly stuck = false;
  readonly terminal: NodeJS.WriteStream;
  readonly #listeners = new Set<() => void>();

  constructor(stream: NodeJS.WriteStream) {
    this.terminal = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.broken = true;
      if (error.code !== 'EPIPE') this.failure = error;
      for (const listener of this.#listeners) listener();
      this.#listeners.clear();
    });
  }

  get columns(): number | undefined {
    return this.terminal.columns;
  }

  get rows(): number | undefined {
    return this.terminal.rows;
  }

  get queued(): number {
    return this.terminal.writableLength;
  }

  write(chunk: string | Uint8Array): boolean {
    return this.broken ? true : this.terminal.write(chunk);
  }

  async drained(left = 0): Promise<void> {
    if (this.broken || this.terminal.writableLength <= left) return;
    // Not the event `drain`: that comes only after more was queued than is comfortable.
    await new Promise<void>((resolve) => this.terminal.write('', () => resolve()));
  }

  /** It is the event loop that writes here. */
  useEventLoop(): void {}

  abandon(): number {
    const { queued } = this;
    this.terminal.destroy();
    return queued;
  }

  onBroken(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onResize(listener: () => void): () => void {
    this.terminal.on('resize', listener);
    return () => void this.terminal.off('resize', listener);
  }
}
