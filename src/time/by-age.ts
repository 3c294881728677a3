/** Places of the list that are empty before it is made anew. */
const MOST_EMPTY = 1_024;

/**
 * Things in the order in which they came, of which the oldest is taken at the cost of any other. A map keeps the order too, but looks
 * through the places of all that were deleted before it finds its first.
 */
export class ByAge<T> {
  /** Of those that were taken nothing is held. */
  #things: (T | undefined)[] = [];
  /** When each of them came: numbers side by side need no object each. */
  #times: number[] = [];
  /** How many were taken of the list. */
  #taken = 0;

  get size(): number {
    return this.#things.length - this.#taken;
  }

  /** `at`: never before that of the last one. */
  add(thing: T, at: number): void {
    this.#things.push(thing);
    this.#times.push(at);
  }

  /** The oldest, when it came then or before. */
  takeOlder(than: number): T | undefined {
    const at = this.#times[this.#taken];
    if (at === undefined || at > than) return undefined;
    const oldest = this.#things[this.#taken];
    this.#things[this.#taken] = undefined;
    this.#taken += 1;
    if (this.#taken > MOST_EMPTY && this.#taken * 2 > this.#things.length) {
      this.#things = this.#things.slice(this.#taken);
      this.#times = this.#times.slice(this.#taken);
      this.#taken = 0;
    }
    return oldest;
  }
}
