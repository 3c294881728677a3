/** Which ids came within the window, and under which sequence. */
export class RecentIds {
  /** By age: a map keeps the order in which they came. */
  readonly #ids = new Map<string, { readonly seq: number; readonly at: number }>();

  get size(): number {
    return this.#ids.size;
  }

  find(id: string, now: number, windowMs: number): number | undefined {
    this.#forget(now - windowMs);
    return this.#ids.get(id)?.seq;
  }

  add(id: string, seq: number, at: number): void {
    this.#ids.set(id, { seq, at });
  }

  #forget(before: number): void {
    for (const [id, { at }] of this.#ids) {
      if (at > before) return;
      this.#ids.delete(id);
    }
  }
}
