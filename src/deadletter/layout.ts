import { TASKS_DEAD_LETTER } from '../contract/subjects.ts';
import { REJECTIONS } from './judge.ts';

/** What a stream of ours in JetStream holds. */
export type Part = 'letters' | 'results' | 'tasks' | 'imported';

interface PartLayout {
  readonly stream: string;
  /** What ids of its letters begin with. */
  readonly short: string;
  /** What the server captures; undefined where only we append. */
  readonly captures: string | undefined;
}

/**
 * Where JetStream keeps what. One stream a subject, so that many results cannot push out few refusals, and never one over
 * heddle.tasks.incoming or heddle.goals.incoming: the server would take it for somebody who hears them.
 */
export const LAYOUT: Readonly<Record<Part, PartLayout>> = {
  letters: { stream: 'HEDDLE_DEAD_LETTERS', short: 'd', captures: TASKS_DEAD_LETTER },
  results: { stream: 'HEDDLE_RESULTS', short: 'r', captures: 'heddle.results.>' },
  // Not heddle.tasks.incoming, nor heddle.tasks.dead_letter: those have no token more.
  tasks: { stream: 'HEDDLE_TASKS', short: 't', captures: 'heddle.tasks.*.>' },
  imported: { stream: 'HEDDLE_DEAD_LETTERS_IMPORTED', short: 'k', captures: undefined },
};

export const PARTS: readonly Part[] = ['letters', 'results', 'tasks', 'imported'];

/** What was done with letters, and every replay. */
export const JOURNAL = 'HEDDLE_DEAD_LETTERS_JOURNAL';

/** Captured by streams that a later Heddle makes for itself; one of ours would keep it from making them. */
export const REJECTED = `${REJECTIONS}>`;

/** The streams of a directory: what a watch writes, and what was imported. Each has one writer, and they are not the same. */
export const WATCHED = { stream: 'letters', short: 'w' } as const;
export const IMPORTED = { stream: 'imported', short: 'k' } as const;
