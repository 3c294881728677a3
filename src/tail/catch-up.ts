import { type Clock, systemClock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import type { History } from './history.ts';
import type { Tail } from './tail.ts';

/**
 * What arrives live while the past is read is in the stream as well. Each such message is told once: its copy in the past is
 * left out, as often as it came live.
 */
export class Overlap {
  readonly #seen = new Map<string, number>();
  #open = true;

  saw(subject: string, data: Uint8Array): void {
    if (!this.#open) return;
    const key = keyOf(subject, data);
    this.#seen.set(key, (this.#seen.get(key) ?? 0) + 1);
  }

  /** True when this one of the past came live, too. */
  takes(subject: string, data: Uint8Array): boolean {
    if (this.#seen.size === 0) return false;
    const key = keyOf(subject, data);
    const times = this.#seen.get(key) ?? 0;
    if (times === 0) return false;
    if (times === 1) this.#seen.delete(key);
    else this.#seen.set(key, times - 1);
    return true;
  }

  /** What comes live from now on is not in the past that was found. */
  pastIsFound(): void {
    this.#open = false;
  }
}

/** Reads on only when this much of the buffer is free. */
const FULL_ENOUGH = 0.5;
const LOOK_AGAIN_MS = 2;

/** Feeds the past into a tail whose live messages are held back. Returns how many there were. */
export async function catchUp(
  history: History,
  tail: Tail,
  overlap: Overlap,
  clock: Clock = systemClock,
): Promise<number> {
  let told = 0;
  for await (const message of history.messages()) {
    if (tail.ended) break;
    if (overlap.takes(message.subject, message.data)) continue;
    tail.takePast(message.subject, message.data, Math.min(message.at, clock.now()));
    told += 1;
    while (tail.fullness > FULL_ENOUGH && !tail.ended) await sleep(clock, LOOK_AGAIN_MS);
  }
  return told;
}

const LATIN1 = new TextDecoder('latin1');

/** Compared by what they are: two streams keep the same message under two numbers. */
function keyOf(subject: string, data: Uint8Array): string {
  return `${subject} ${data.length} ${LATIN1.decode(data.length > 4096 ? data.subarray(0, 4096) : data)}`;
}
