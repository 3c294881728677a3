import { TASKS_DEAD_LETTER } from '../contract/subjects.ts';
import { TASKS_STREAM } from '../topology/kept.ts';
import { REJECTIONS } from './judge.ts';

/** What a later Heddle rejected. */
export const REJECTED = `${REJECTIONS}>`;

/** What a stream of ours in JetStream holds. */
export type Part = 'letters' | 'results' | 'rejections' | 'tasks' | 'imported';

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
  // A later Heddle may make streams of its own for these: where one stands, it is read in the place of ours.
  rejections: { stream: 'HEDDLE_DEAD_LETTERS_REJECTED', short: 'j', captures: REJECTED },
  // Not heddle.tasks.incoming, nor heddle.tasks.dead_letter: those have no token more.
  tasks: { stream: TASKS_STREAM, short: 't', captures: 'heddle.tasks.*.>' },
  imported: { stream: 'HEDDLE_DEAD_LETTERS_IMPORTED', short: 'k', captures: undefined },
};

export const PARTS: readonly Part[] = ['letters', 'results', 'rejections', 'tasks', 'imported'];

/** What was done with letters, and every replay. */
export const JOURNAL = 'HEDDLE_DEAD_LETTERS_JOURNAL';

/** Replays in a directory that somebody else wants to end; each asks with the right to write for a moment. */
export const ABORTS = 'HEDDLE_DEAD_LETTERS_ABORTS';

/** The streams of a directory: what a watch writes, and what was imported. Each has one writer, and they are not the same. */
export const WATCHED = { stream: 'letters', short: 'w' } as const;
export const IMPORTED = { stream: 'imported', short: 'k' } as const;
