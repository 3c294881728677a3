import type { SomeAdvice } from '../remedy.ts';
import type { BusServer, Connection } from './connection.ts';
import { EVERY_TIER } from './role.ts';

/** Everybody on the bus, by what they do. Made by build-topology.ts out of the servers' own words. */
export interface Topology {
  readonly known: true;
  /** Where it was read: the bus itself, or a server's monitoring port. */
  readonly source: 'bus' | 'monitor';
  readonly servers: readonly BusServer[];
  /** Every connection of the account, our own included. */
  readonly connections: readonly Connection[];
  /** The connection that asked; it is in none of the lists below. */
  readonly self: Connection | undefined;
  /** Listeners on heddle.tasks.incoming. */
  readonly routers: readonly Listener[];
  /** By type and tier. */
  readonly workers: readonly WorkerView[];
  /** Listeners on heddle.goals.incoming by queue group. */
  readonly goalTakers: readonly GroupView[];
  readonly resultListeners: readonly Listener[];
  readonly deadLetterListeners: readonly Listener[];
  /** Who takes a reload. */
  readonly controlListeners: readonly Listener[];
  readonly schedulers: readonly Listener[];
  /** Replicas of gateways, each by the subscription with which it looks for what the router refused. */
  readonly gateways: readonly Listener[];
  /** Who looks on through wildcards: tails, the TUI. One entry a subscription. */
  readonly watchers: readonly Listener[];
  /** Our own tools and others that only look, by their name, and hear nothing: they ask and go. */
  readonly observers: readonly Connection[];
  /** Clients that hear nothing but replies to their own requests, or nothing at all. */
  readonly silent: readonly Connection[];
  /** Clients that hear only subjects which are none of Heddle's. */
  readonly others: readonly Connection[];
  /** Whom a server cut off as slow consumers within the last hour; none where it was read on the bus, which does not tell. */
  readonly cutOff: readonly Connection[];
  /** What could not be seen, in words; empty when the map is whole. */
  readonly gaps: readonly string[];
}

/** The map could not be had, and what may help. Nothing is guessed. */
export type Unknown = SomeAdvice & {
  readonly known: false;
  readonly code: 'refused' | 'unserved' | 'unanswered' | 'unreadable';
  readonly reason: string;
};

/** One subscription and the connection that holds it. */
export interface Listener {
  readonly connection: Connection;
  readonly subject: string;
  readonly queue: string | undefined;
  readonly received: number;
}

/** Listeners on one subject that share, or do not share, their messages. */
export interface GroupView {
  /** Undefined: no queue group, every member gets every message. */
  readonly queue: string | undefined;
  readonly members: readonly Listener[];
  readonly replicas: number;
  readonly received: number;
  readonly pendingBytes: number;
  readonly slowestRttMs: number | undefined;
}

/** What a queue group says of its workers. */
export type WorkerKind = 'llm' | 'processor' | 'unknown';

/** The workers of one type and tier. */
export interface WorkerView {
  readonly type: string;
  /** `*` of those who listen on every tier at once. */
  readonly tier: string;
  readonly subject: string;
  readonly groups: readonly (GroupView & { readonly kind: WorkerKind })[];
  readonly replicas: number;
  /** Everybody who gets tasks of this subject: these groups, and those who listen on every tier. */
  readonly takers: readonly GroupView[];
  /** How many times one task on this subject is worked on: once a group, once for each member without a group. */
  readonly copies: number;
}

/** Does it get tasks that are routed to this tier? */
export function servesTier(worker: Pick<WorkerView, 'tier'>, tier: string): boolean {
  return worker.tier === tier || worker.tier === EVERY_TIER;
}
