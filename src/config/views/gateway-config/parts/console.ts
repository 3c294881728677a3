import type { Section } from '../../section.ts';

/** A page at `/` for people, and what it asks: the map of the bus, what passes, dead letters. Default: none. */
export function consoleOf(top: Section): boolean {
  return top.truth('console') ?? false;
}
