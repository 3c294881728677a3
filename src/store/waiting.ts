/** Those who wait for something new. */
export class Waiting {
  readonly #waiting = new Set<() => void>();
  #version = 0;

  /** How often there was something new. Taken before looking, so that nothing is missed between looking and waiting. */
  get version(): number {
    return this.#version;
  }

  /** Resolves when there is something newer than this version, or when the signal aborts. */
  async since(version: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || version !== this.#version) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  wake(): void {
    this.#version += 1;
    for (const done of [...this.#waiting]) done();
  }
}
