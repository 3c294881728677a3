import { subjectMatches } from '../contract/subject-grammar.ts';
import { TASKS_DEAD_LETTER } from '../contract/subjects.ts';
import type { Connection } from './connection.ts';
import { isGateway, isOnlooker } from './role.ts';
import type { Listener, Topology } from './topology.ts';

/** Who would get a message on a subject. */
export interface Hearers {
  /** Listeners that are there to act on it: an exact subscription, or a wildcard that shares work in a queue group. */
  readonly actors: readonly Listener[];
  /** Those who only look on: wildcards without a group, tails, command line tools. */
  readonly watchers: readonly Listener[];
}

/** Our own connection is never among them. */
export function hearersOf(topology: Topology, subject: string): Hearers {
  const actors: Listener[] = [];
  const watchers: Listener[] = [];
  for (const connection of topology.connections) {
    if (connection.self || connection.kind !== 'Client') continue;
    for (const { subject: pattern, queue, received } of connection.subscriptions) {
      if (!subjectMatches(pattern, subject)) continue;
      const acts = !looksOn(connection, subject) && (pattern === subject || queue !== undefined);
      (acts ? actors : watchers).push({ connection, subject: pattern, queue, received });
    }
  }
  return { actors, watchers };
}

/** A gateway looks at dead letters for those of its own requests, and keeps none. */
function looksOn(connection: Connection, subject: string): boolean {
  return isOnlooker(connection) || (subject === TASKS_DEAD_LETTER && isGateway(connection));
}
