import { CONTROL_RELOAD, GOALS_INCOMING, ROUTER_GROUP, TASKS_DEAD_LETTER, TASKS_INCOMING } from './subjects.ts';

// What each part of Heddle publishes and subscribes to, as a NATS server would have to allow it. Heddle's own guide has four roles
// which may publish neither tasks nor results nor goals: with those, nothing works.

/** The parts of Heddle that a NATS server can tell apart by what they may do. */
export const ROLES = ['worker', 'router', 'pipeline', 'submitter', 'operator', 'gateway'] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];

/** One thing that is allowed. */
export interface Grant {
  /** A subject or a pattern. */
  readonly subject: string;
  /** What for, in a few words. */
  readonly why: string;
  /** The part cannot do its work without it. Otherwise it learns or tells less. */
  readonly needed: boolean;
  /** Subscribed to in this queue group. */
  readonly queue?: string | undefined;
}

/** All that is allowed to one part. */
export interface RolePermissions {
  readonly role: Role;
  /** What such a part does, in a few words. */
  readonly about: string;
  readonly publish: readonly Grant[];
  /** Taken out of what `publish` allows. */
  readonly denyPublish: readonly string[];
  /** Where a message that it was sent says that answers go, it may publish so often, for so long; undefined: never. */
  readonly answers: Answers | undefined;
  readonly subscribe: readonly Grant[];
}

/** How far a right to answer goes. */
export interface Answers {
  readonly most: number;
  readonly forMs: number;
}

/** How far a role reaches. */
export interface RoleOptions {
  /** For roles that take tasks: of these workers only. Default: of any. */
  readonly workerTypes?: readonly string[] | undefined;
  /** Default `_INBOX`, as every client has it. */
  readonly inboxPrefix?: string | undefined;
}

/** What a server must allow to this part, the needed first. */
export function permissionsOf(
  role: Role,
  { workerTypes = [], inboxPrefix = '_INBOX' }: RoleOptions = {},
): RolePermissions {
  const ofWorkers =
    workerTypes.length === 0
      ? OF_ANY_WORKER
      : workerTypes.map((type) => needed(`heddle.tasks.${type}.*`, 'the tasks of the worker'));
  const inbox = useful(`${inboxPrefix}.>`, 'whether anybody heard, and answers to own questions');
  const { about, publish, denyPublish = [], answers, subscribe } = PARTS[role](ofWorkers);
  return { role, about, publish, denyPublish, answers, subscribe: [...subscribe, inbox] };
}

type Part = Pick<RolePermissions, 'about' | 'publish' | 'subscribe'> &
  Partial<Pick<RolePermissions, 'denyPublish' | 'answers'>>;

const needed = (subject: string, why: string, queue?: string): Grant => ({ subject, why, needed: true, queue });
const useful = (subject: string, why: string): Grant => ({ subject, why, needed: false });

/** A goal id of others may hold dots: then a result's subject has more tokens. */
const RESULTS = 'heddle.results.>';
/** A worker type may hold dots, too. */
const EVERY_TASK = 'heddle.tasks.>';

/** Neither tasks that go to the router nor dead letters: those have one token less. */
const OF_ANY_WORKER: readonly Grant[] = [
  needed('heddle.tasks.*.*', 'the tasks of the worker'),
  useful('heddle.tasks.*.*.>', 'the same, of a worker whose type holds dots'),
];

const RELOAD = useful(CONTROL_RELOAD, 'being told to read the config again');
const SEND_TASKS = needed(TASKS_INCOMING, 'sending tasks');
const SEND_GOALS = needed(GOALS_INCOMING, 'sending goals');
const HEAR_RESULTS = needed(RESULTS, 'hearing results');
const HEAR_REFUSALS = useful(TASKS_DEAD_LETTER, 'hearing what the router refuses');
const FOLLOW_TASKS = useful(EVERY_TASK, 'following a task on its way');
const ASK_SERVERS: readonly Grant[] = [
  useful('$SYS.REQ.USER.INFO', 'asking what this user may do'),
  useful('$SYS.REQ.ACCOUNT.PING.CONNZ', 'asking who is connected and listens'),
];
const STREAMS: readonly Grant[] = [
  useful('$JS.API.>', 'streams and buckets: making, reading and emptying them'),
  useful('$KV.>', 'writing into buckets: requests, sessions, leases, and what became of failed work'),
];
/** nats-server 2.15 counts a question once for each of our subscriptions that it came to, and the answer besides. */
const ANSWERS: Answers = { most: 100, forMs: 60_000 };
const ASK_GATEWAYS = useful('heddle.gateway.workers', 'asking the gateways who works over HTTP');
const GATEWAYS_OWN = 'heddle-gateway.>';

const PARTS: { readonly [R in Role]: (ofWorkers: readonly Grant[]) => Part } = {
  worker: (ofWorkers) => ({
    about: 'takes tasks and answers them (processors and LLM workers)',
    publish: [needed(RESULTS, 'answering')],
    subscribe: [...ofWorkers, RELOAD],
  }),
  router: () => ({
    about: 'takes every task that is sent, and sends it on to its worker',
    publish: [needed(EVERY_TASK, 'sending tasks to workers, and what it refuses to the dead letters')],
    denyPublish: [TASKS_INCOMING],
    subscribe: [needed(TASKS_INCOMING, 'taking tasks', ROUTER_GROUP), RELOAD],
  }),
  pipeline: () => ({
    about: 'takes goals, sends their tasks and answers them (pipelines and orchestrators)',
    publish: [SEND_TASKS, needed(RESULTS, 'answering goals')],
    subscribe: [needed(GOALS_INCOMING, 'taking goals'), HEAR_RESULTS, RELOAD],
  }),
  submitter: () => ({
    about: 'sends tasks and goals, and hears what becomes of them',
    publish: [
      SEND_TASKS,
      SEND_GOALS,
      ...ASK_SERVERS,
      useful('$JS.API.STREAM.NAMES', 'asking which stream keeps tasks'),
      ASK_GATEWAYS,
    ],
    subscribe: [HEAR_RESULTS, HEAR_REFUSALS, FOLLOW_TASKS],
  }),
  operator: () => ({
    about: 'sees everything, sends to workers past the router too, and has configs read again',
    publish: [
      needed(EVERY_TASK, 'sending tasks to the router or past it'),
      SEND_GOALS,
      needed(CONTROL_RELOAD, 'having configs read again'),
      ...ASK_SERVERS,
      ASK_GATEWAYS,
      ...STREAMS,
      useful('HEDDLE_DEAD_LETTERS_IMPORTED', 'keeping dead letters that were exported elsewhere'),
    ],
    subscribe: [needed('heddle.>', 'seeing everything')],
  }),
  gateway: (ofWorkers) => ({
    about: 'sends for clients without NATS, and takes tasks and answers for workers without NATS',
    publish: [
      SEND_TASKS,
      SEND_GOALS,
      needed(RESULTS, 'answering for workers'),
      ...ofWorkers.map(({ subject }) => useful(subject, 'giving back tasks that no worker over HTTP took')),
      useful('heddle.gateway.>', 'telling progress, and asking other replicas'),
      useful(GATEWAYS_OWN, 'keeping what clients are told for those who come back'),
      ...ASK_SERVERS,
      ...STREAMS,
      useful('$JS.ACK.>', 'giving back what a stream lent'),
    ],
    answers: ANSWERS,
    subscribe: [
      HEAR_RESULTS,
      ...ofWorkers,
      HEAR_REFUSALS,
      RELOAD,
      useful('heddle.gateway.>', 'hearing progress, and what operators and other replicas ask'),
      useful(GATEWAYS_OWN, 'hearing from other replicas that a subscription ends'),
      useful('heddle.>', 'showing what passes on the bus to whoever may see all of it'),
    ],
  }),
};
