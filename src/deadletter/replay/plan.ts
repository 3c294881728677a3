import type { Home } from '../../letters/home.ts';
import type { Letter } from '../../letters/letter.ts';
import { unsendable } from '../explain.ts';
import { placesOfTasks } from '../find.ts';
import { look } from '../look.ts';
import { originalIn, textOf } from '../original.ts';
import type { Coverage, ScanOptions } from '../scan.ts';
import type { Choose } from '../select.ts';
import { type How, outgoing } from './outgoing.ts';
import type { Row } from './selection.ts';

export interface PlanOptions extends ScanOptions {
  readonly choose: Choose;
  readonly how: How;
  /** Send what was sent already, too. */
  readonly again: boolean;
  readonly resendUncertain: boolean;
  /** Work that was sent so often and failed again is left out. */
  readonly maxReplays: number;
  /** At most so many, the oldest first. */
  readonly limit: number | undefined;
  /** Why it would be refused again; undefined where nothing speaks against it. */
  readonly foresee: ((letter: Pick<Letter, 'kind'>, text: string) => string | undefined) | undefined;
}

/** What a replay would do, before anything is done. */
export interface Plan {
  readonly rows: readonly Row[];
  /** Matched, and are left out; by reason. */
  readonly left: {
    /** Sent already. */
    sent: number;
    /** Somebody else is about to. */
    busy: number;
    /** It is not known whether they were sent. */
    uncertain: number;
    /** Came back too often. */
    exhausted: number;
    /** Beyond the limit. */
    beyond: number;
    readonly unsendable: Map<string, number>;
    /** Kinds of those whose work was not seen. */
    readonly unseen: Set<Letter['kind']>;
  };
  /** Of those that are sent: why it would be in vain, and how many. */
  readonly foreseen: Map<string, number>;
  /** Stages of goals that have failed: nobody awaits their results. */
  unawaited: number;
  /** Failed goals whose goal could be sent again in their place. */
  readonly goals: string[];
  /** The first of them, as it was and as it would leave, where that differs. */
  change: { readonly id: string; readonly before: string; readonly after: string } | undefined;
  /** Ids of the first that came back too often. */
  readonly exhausted: string[];
  readonly coverage: Coverage;
}

const MOST_NAMED = 10;

export async function plan(home: Home, operation: string, options: PlanOptions): Promise<Plan> {
  const { how, again, resendUncertain, maxReplays, limit = Number.POSITIVE_INFINITY, foresee } = options;
  const { letters, coverage, standings } = await look(home, options.choose, options);
  const rows: Row[] = [];
  const left: Plan['left'] = {
    ...{ sent: 0, busy: 0, uncertain: 0, exhausted: 0, beyond: 0 },
    ...{ unsendable: new Map(), unseen: new Set() },
  };
  const foreseen = new Map<string, number>();
  const finished = new Map<string, string>();
  const stages = new Map<string, number>();
  const exhausted: string[] = [];
  /** By id of the task: which rows wait to know where it is kept. */
  const elsewhere = new Map<string, Waiting[]>();
  let change: Plan['change'];
  /** False where it cannot be sent. */
  const judge = (letter: Judged, original: string): boolean => {
    const made = outgoing(original, letter, how, operation);
    if ('unsendable' in made) {
      count(left.unsendable, made.unsendable);
      return false;
    }
    if (made.text !== original) change ??= { id: letter.id, before: original, after: made.text };
    const why = foresee?.(letter, made.text);
    if (why !== undefined) count(foreseen, why);
    return true;
  };

  for await (const { letter, standing } of letters) {
    if (letter.kind === 'failed_goal' && letter.goal !== undefined) finished.set(letter.goal, letter.id);
    const { state, returns } = standing;
    if (state === 'sending') left.busy += 1;
    else if (state === 'sent' && !again) left.sent += 1;
    else if (state === 'uncertain' && !resendUncertain) left.uncertain += 1;
    else if (returns >= maxReplays) {
      left.exhausted += 1;
      if (exhausted.length < MOST_NAMED) exhausted.push(letter.id);
    } else if (rows.length >= limit) left.beyond += 1;
    else {
      const original = originalIn(letter);
      const isElsewhere = original === undefined && letter.kind === 'failed_result' && home.tasks !== undefined;
      if (original !== undefined) {
        if (!judge(letter, original)) continue;
      } else if (isElsewhere && letter.workId !== undefined) {
        const waiting = elsewhere.get(letter.workId) ?? [];
        elsewhere.set(letter.workId, waiting);
        waiting.push({ place: rows.length, id: letter.id, kind: letter.kind });
      } else {
        count(left.unsendable, unsendable(letter, undefined, false) ?? 'it is not known');
        left.unseen.add(letter.kind);
        continue;
      }
      if (letter.kind !== 'failed_goal' && letter.goal !== undefined) count(stages, letter.goal);
      const sends = standings.entryOf(letter.id)?.sends ?? 0;
      rows.push({
        id: letter.id,
        work: standings.rootOf(letter),
        sends,
        taskSeq: undefined,
        archived: state === 'archived',
      });
    }
  }
  const placed = await placeTasks(home, rows, elsewhere, judge, () => {
    count(left.unsendable, 'its task is not among those that are kept');
    left.unseen.add('failed_result');
  });
  let unawaited = 0;
  const goals: string[] = [];
  for (const [goal, many] of stages) {
    const id = finished.get(goal);
    if (id === undefined) continue;
    unawaited += many;
    if (goals.length < MOST_NAMED) goals.push(id);
  }
  return { rows: placed, left, foreseen, unawaited, goals, change, exhausted, coverage };
}

type Judged = Pick<Letter, 'id' | 'kind'>;

interface Waiting extends Judged {
  /** Among the rows. */
  readonly place: number;
}

/** The rows with the places of their tasks, without those that have none or cannot be sent. */
async function placeTasks(
  home: Home,
  rows: readonly Row[],
  elsewhere: ReadonlyMap<string, readonly Waiting[]>,
  judge: (letter: Judged, original: string) => boolean,
  missing: () => void,
): Promise<Row[]> {
  if (elsewhere.size === 0) return [...rows];
  const sendable = new Set<number>();
  const places = await placesOfTasks(home, new Set(elsewhere.keys()), (workId, bytes) => {
    const text = textOf(bytes);
    if (text === undefined) return;
    for (const each of elsewhere.get(workId) ?? []) if (judge(each, text)) sendable.add(each.place);
  });
  const seqs = new Map<number, number | undefined>();
  for (const [workId, waiting] of elsewhere) {
    const seq = places.get(workId);
    for (const { place } of waiting) {
      if (seq === undefined) missing();
      seqs.set(place, sendable.has(place) ? seq : undefined);
    }
  }
  return rows.flatMap((row, place) => {
    if (!seqs.has(place)) return [row];
    const taskSeq = seqs.get(place);
    return taskSeq === undefined ? [] : [{ ...row, taskSeq }];
  });
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
