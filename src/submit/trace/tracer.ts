import { UNREAD_FRAME } from '../../contract/frame.ts';
import { isJsonObject } from '../../contract/json.ts';
import { decodeMessage } from '../../contract/read-message.ts';
import { readSubject } from '../../contract/subject-meaning.ts';
import { ALL_TASKS, TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import { roundedMs } from '../../delivery/receipt.ts';
import { readRefusal } from '../../delivery/wait/read-refusal.ts';
import type { Clock } from '../../time/clock.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { type Hop, isEnd } from './timeline.ts';

/** Results of whatever parent: one that holds a dot has more tokens. */
export const EVERY_RESULT = 'heddle.results.>';

/** Looks on at everything that happens to one task or goal. */
export interface Tracer {
  readonly hops: readonly Hop[];
  /** Patterns that this user may not subscribe to: what passes there was not seen. */
  readonly unheard: ReadonlySet<string>;
  /** Stage names by task id, where the pipeline told them. */
  readonly stageNames: ReadonlyMap<string, string>;
  /** Starts the clock and notes the first hop: called when the message leaves. */
  published(): void;
  close(): void;
}

export interface TracerOptions {
  readonly clock: Clock;
  readonly onHop: (hop: Hop) => void;
  /** Others may be answered on the result subject, too. */
  readonly sharedSubject: boolean;
}

/**
 * Subscribes to what the message can pass and to nothing that it is published on: a watcher there would hide from the
 * server's 503 that nobody else listens.
 */
export function openTracer(transport: Transport, prepared: Prepared, options: TracerOptions): Tracer {
  const { clock, onHop, sharedSubject } = options;
  const { kind, id, workerType, resultSubject, subject, direct } = prepared;
  const hops: Hop[] = [];
  const stageNames = new Map<string, string>();
  const tiers = new Map<string, string>();
  let begun = clock.elapsed();

  const add = (hop: Partial<Hop> & Pick<Hop, 'kind' | 'subject'>): void => {
    const at = hop.kind === 'published' ? 0 : roundedMs(clock.elapsed() - begun);
    const { kind, task_id = null, worker_type = null, tier = null, status = null, detail = null } = hop;
    const whole: Hop = { kind, at_ms: at, subject: hop.subject, task_id, worker_type, tier, status, detail };
    hops.push(whole);
    onHop(whole);
  };
  const belongs = (taskId: unknown, parentId: unknown): boolean => (kind === 'task' ? taskId === id : parentId === id);
  const stage = kind === 'goal';

  const onTask = (message: Message): void => {
    const meaning = readSubject(message.subject);
    if (meaning.kind === 'dead_letter') return onLetter(message);
    const decoded = decodeMessage(message.subject, message.data);
    if (decoded.kind !== 'task') return;
    const {
      task_id: taskId = null,
      parent_task_id: parentId,
      worker_type: type,
      model_tier: asked = 'standard',
    } = decoded.view;
    if (taskId === null || !belongs(taskId, parentId)) return;
    if (meaning.kind === 'tasks_incoming') {
      const name = decoded.view.metadata?.stage_name;
      if (typeof name === 'string') stageNames.set(taskId, name);
      tiers.set(taskId, asked);
      return add({ kind: 'stage_sent', subject: message.subject, task_id: taskId, worker_type: type, tier: asked });
    }
    if (meaning.kind !== 'task') return;
    const { tier } = meaning;
    const again = hops.some((hop) => hop.kind.endsWith('routed') && hop.task_id === taskId);
    const details = [
      again ? 'routed a second time: more than one router listens' : undefined,
      again || tier === asked ? undefined : `tier overridden by the router: ${asked} became ${tier}`,
      decoded.generation === 'C' ? UNREAD_FRAME : undefined,
    ];
    add({
      kind: stage ? 'stage_routed' : 'routed',
      subject: message.subject,
      task_id: taskId,
      worker_type: type,
      tier,
      detail: joined(details),
    });
  };

  const onLetter = (message: Message): void => {
    const refusal = readRefusal(message);
    if (refusal === undefined || !belongs(refusal.taskId, refusal.parentId)) return;
    const { taskId, workerType: type, reason } = refusal;
    add({
      kind: stage ? 'stage_dead_letter' : 'dead_letter',
      subject: message.subject,
      task_id: taskId,
      worker_type: type ?? null,
      detail: reason,
    });
  };

  const onResult = (message: Message): void => {
    const decoded = decodeMessage(message.subject, message.data);
    if (decoded.kind !== 'result') {
      const { task_id: named } = decoded.kind === 'unknown' && isJsonObject(decoded.value) ? decoded.value : {};
      if (typeof named === 'string' && named !== id && !stage) return;
      const problem = decoded.kind === 'unknown' ? decoded.detail : `a ${decoded.kind} where a result belongs`;
      return add({ kind: 'unreadable', subject: message.subject, detail: problem });
    }
    const { task_id: taskId, worker_type: type, status, error } = decoded.view;
    if (taskId !== id && !stage) {
      // On a subject that was made for this task alone, nobody else is answered.
      if (sharedSubject || !isEnd(status)) return;
      const detail = `it names the task ${JSON.stringify(taskId)}, not ours`;
      return add({ kind: 'stray', subject: message.subject, task_id: taskId, worker_type: type, status, detail });
    }
    const of = taskId === id ? 'result' : 'stage_result';
    const again = isEnd(status) && hops.some((hop) => hop.kind === of && hop.task_id === taskId && isEnd(hop.status));
    const twice = again ? 'a second answer: the work was done twice' : undefined;
    const framed = decoded.generation === 'C' ? UNREAD_FRAME : undefined;
    const detail = joined([twice, framed, error || undefined]);
    add({ kind: of, subject: message.subject, task_id: taskId, worker_type: type, status, detail });
  };

  /** An answer that names us, where nobody waits for it. */
  const onElsewhere = (message: Message): void => {
    if (message.subject === resultSubject || !mayName(message.data, id)) return;
    const decoded = decodeMessage(message.subject, message.data);
    const read = decoded.kind === 'result' ? decoded.view : decoded.kind === 'unknown' ? decoded.value : undefined;
    if (!isJsonObject(read) || read.task_id !== id) return;
    const { worker_type: type, status } = read;
    if (decoded.kind === 'result' && !isEnd(decoded.view.status)) return;
    const problem = decoded.kind === 'unknown' ? `; besides, it is no result: ${decoded.detail}` : '';
    add({
      kind: 'stray',
      subject: message.subject,
      task_id: id,
      worker_type: typeof type === 'string' ? type : null,
      status: typeof status === 'string' ? status : null,
      detail: `it belongs on ${resultSubject}${problem}`,
    });
  };

  const heard = new Map<string, (message: Message) => void>([
    [resultSubject, onResult],
    [EVERY_RESULT, onElsewhere],
  ]);
  if (stage) heard.set(ALL_TASKS, onTask);
  else {
    heard.set(TASKS_DEAD_LETTER, onLetter);
    if (!direct) heard.set(`heddle.tasks.${workerType}.*`, onTask);
  }
  const unheard = new Set<string>();
  const undo = transport.onEvent((event) => {
    if (event.kind !== 'permission' || event.operation !== 'subscribe') return;
    if (heard.has(event.subject)) unheard.add(event.subject);
  });
  const subscriptions: Subscription[] = [...heard].map(([pattern, hear]) => transport.subscribe(pattern, hear));
  return {
    hops,
    unheard,
    stageNames,
    published: () => {
      begun = clock.elapsed();
      add({
        kind: 'published',
        subject,
        task_id: stage ? null : id,
        worker_type: workerType ?? null,
        tier: prepared.tier ?? null,
      });
    },
    close: () => {
      undo();
      for (const each of subscriptions) each.unsubscribe();
    },
  };
}

function joined(details: readonly (string | undefined)[]): string | null {
  return details.filter((part) => part !== undefined).join('; ') || null;
}

/** Cheap, for a bus with many results: most of them do not hold our id at all. */
function mayName(data: Uint8Array, id: string): boolean {
  // Other characters may stand there escaped.
  if (!/^[\w.:-]+$/.test(id)) return true;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes(id);
}
