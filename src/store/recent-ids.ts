import { ByAge } from '../time/by-age.ts';

/** Which ids came within the window, and under which sequence. */
export class RecentIds {
  readonly #ids = new Map<string, { readonly seq: number; readonly at: number }>();
  readonly #ages = new ByAge<string>();

  get size(): number {
    return this.#ids.size;
  }

  find(id: string, now: number, windowMs: number): number | undefined {
    this.#forget(now - windowMs);
    return this.#ids.get(id)?.seq;
  }

  add(id: string, seq: number, at: number): void {
    this.#ids.set(id, { seq, at });
    this.#ages.add(id, at);
  }

  #forget(before: number): void {
    for (let id = this.#ages.takeOlder(before); id !== undefined; id = this.#ages.takeOlder(before)) {
      // It may have come again since.
      if ((this.#ids.get(id)?.at ?? before) <= before) this.#ids.delete(id);
    }
  }
}
