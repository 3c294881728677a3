import type { TopScreen } from '../screen.ts';
import { bus } from './bus.ts';
import { deadLetters } from './dead-letters.ts';
import { goals } from './goals.ts';
import { stream } from './stream.ts';
import { tasks } from './tasks.ts';
import { workers } from './workers.ts';

// './bus.ts', './workers.ts', … each is one file and one line; the first is on the key 1.
export const SCREENS: readonly TopScreen[] = [bus, workers, tasks, goals, deadLetters, stream];
