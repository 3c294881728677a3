import type { TaskMessage } from '../contract/messages.ts';
import { decodeMessage, type MessageKind } from '../contract/read-message.ts';
import { readSubject } from '../contract/subject-meaning.ts';
import { ALL_TASKS } from '../contract/subjects.ts';
import { flushPublished } from '../delivery/flush.ts';
import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import type { Message, Transport } from '../transport/transport.ts';
import { WATCHED_RESULTS } from './user-rights.ts';

/** What went by on the bus in a while. */
export interface Traffic {
  readonly ms: number;
  /** Whatever could be read as a task or a result. */
  readonly messages: number;
  /** Where routers sent the tasks of one worker type that asked for one tier. */
  readonly routes: readonly Routes[];
  /** Messages by how they are framed: as heddle-ai 0.9.2 reads them, or in a frame, which it does not. */
  readonly framed: ReadonlyMap<MessageKind, number>;
  readonly bare: number;
  /** Final answers to goals, by the name of who gave them. */
  readonly goalAnswers: ReadonlyMap<string, number>;
  /** What could not be listened to. */
  readonly refused: readonly string[];
}

export interface Routes {
  readonly type: string;
  readonly asked: string;
  /** How many by the tier that they were sent to. */
  readonly to: ReadonlyMap<string, number>;
}

export interface ListenOptions {
  readonly ms: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Ids that are remembered: a sender who skips the router must not be taken for one. */
const MOST_IDS = 100_000;

/** Looks on for a while. Meanwhile the server counts us as a listener of every task. */
export async function listenToTraffic(transport: Transport, { ms, clock, signal }: ListenOptions): Promise<Traffic> {
  const asked = new Map<string, string>();
  const routes = new Map<string, { type: string; asked: string; to: Map<string, number> }>();
  const framed = new Map<MessageKind, number>();
  const goalAnswers = new Map<string, number>();
  const refused: string[] = [];
  let bare = 0;

  const onTask = (task: TaskMessage, subject: string): void => {
    const meaning = readSubject(subject);
    const { task_id: id, model_tier: tier = 'standard', worker_type: type } = task;
    if (id === undefined) return;
    if (meaning.kind === 'tasks_incoming' && asked.size < MOST_IDS) asked.set(id, tier);
    if (meaning.kind !== 'task') return;
    const wanted = asked.get(id);
    if (wanted === undefined) return;
    const key = `${type} ${wanted}`;
    const known = routes.get(key) ?? { type, asked: wanted, to: new Map<string, number>() };
    routes.set(key, known);
    count(known.to, meaning.tier);
  };
  const hear = ({ subject, data }: Message): void => {
    const decoded = decodeMessage(subject, data);
    if (decoded.kind === 'unknown' || decoded.kind === 'dead_letter' || decoded.kind === 'control') return;
    if (decoded.generation === 'C') count(framed, decoded.kind);
    else bare += 1;
    if (decoded.kind === 'task') onTask(decoded.view, subject);
    if (decoded.kind !== 'result') return;
    const meaning = readSubject(subject);
    const { task_id: id, worker_type: name, status } = decoded.view;
    const ends = status === 'completed' || status === 'failed';
    if (ends && meaning.kind === 'result' && meaning.parentId === id) count(goalAnswers, name);
  };

  const undo = transport.onEvent((event) => {
    if (event.kind === 'permission' && event.operation === 'subscribe') refused.push(event.subject);
  });
  const subscriptions = [ALL_TASKS, WATCHED_RESULTS].map((pattern) => transport.subscribe(pattern, hear));
  try {
    await flushPublished(transport);
    await sleep(clock, ms, signal);
  } finally {
    undo();
    for (const each of subscriptions) each.unsubscribe();
  }
  const messages = bare + [...framed.values()].reduce((sum, each) => sum + each, 0);
  return { ms, messages, routes: [...routes.values()], framed, bare, goalAnswers, refused };
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
