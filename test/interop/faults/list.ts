import { ACTORS } from './actors.ts';
import { ANSWERS } from './answers.ts';
import type { Fault } from './fault.ts';
import { GOALS } from './goals.ts';
import { REACH } from './reach.ts';

/** The forty faults, some in several forms, in their order. */
export const FAULTS: readonly Fault[] = [...REACH, ...ACTORS, ...ANSWERS, ...GOALS].sort((a, b) => a.number - b.number);
