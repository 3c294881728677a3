import type { BusEvent } from './transport.ts';

/** Who hears what becomes of a connection. */
export class News {
  readonly #listeners = new Set<(event: BusEvent) => void>();

  /** Returns the undo. */
  on(listener: (event: BusEvent) => void): () => void {
    // A function of its own, so that the same listener given twice is two.
    const each = (event: BusEvent): void => listener(event);
    this.#listeners.add(each);
    return () => void this.#listeners.delete(each);
  }

  tell(event: BusEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        // Whoever listens to the news answers for itself.
      }
    }
  }
}
