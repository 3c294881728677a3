/** Reproducible chance: the same seed throws the same numbers, in [0, 1). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low bits of a linear congruence repeat soon.
    return (state >>> 8) / 0x1000000;
  };
}

export function pick<T>(throwDice: () => number, from: readonly T[]): T {
  return from[Math.floor(throwDice() * from.length)] as T;
}
