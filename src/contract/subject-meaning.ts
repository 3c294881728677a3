import {
  GOALS_INCOMING,
  ORCHESTRATORS_GROUP,
  PIPELINES_GROUP,
  ROUTER_GROUP,
  TASKS_DEAD_LETTER,
  TASKS_INCOMING,
} from './subjects.ts';

/** What a subject seen on the bus means. Read leniently: Python publishes names with dots, too. */
export type SubjectMeaning =
  | { readonly kind: 'goals_incoming' }
  | { readonly kind: 'tasks_incoming' }
  | { readonly kind: 'dead_letter' }
  /** Task to a worker. `workerType` holds dots when a name with dots was routed. */
  | { readonly kind: 'task'; readonly workerType: string; readonly tier: string }
  /** `parentId` is `default` for results that belong to no goal. */
  | { readonly kind: 'result'; readonly parentId: string }
  /** `reload`, or an actor's id (reserved, unused). */
  | { readonly kind: 'control'; readonly name: string }
  | { readonly kind: 'scheduler'; readonly name: string }
  | EventMeaning
  | { readonly kind: 'other' };

/** What generation C has besides; no actor of A or B takes any of it. */
export type EventMeaning =
  /** Of one thing: `heddle.events.{type}.{id}.{name}`, and so on. A rejection is a second kind of dead letter. */
  | {
      readonly kind: 'event' | 'command' | 'rejection';
      readonly type: string;
      readonly id: string;
      readonly name: string;
    }
  /** What has been handled already. */
  | { readonly kind: 'dedup'; readonly key: string };

/** Does it belong to generation C's events? */
export function isEvent(meaning: SubjectMeaning): meaning is EventMeaning {
  return EVENT_KINDS.has(meaning.kind);
}

const EVENT_KINDS: ReadonlySet<SubjectMeaning['kind']> = new Set(['event', 'command', 'rejection', 'dedup']);

/** The same in a few words, for people. */
export function describeEvent(meaning: EventMeaning): string {
  if (meaning.kind === 'dedup') return `what generation C has handled already: ${JSON.stringify(meaning.key)}`;
  const { kind, type, id, name } = meaning;
  return `${EVENT_WORDS[kind]} of generation C: ${JSON.stringify(name)} of ${type} ${id}`;
}

const EVENT_WORDS = {
  event: 'an event',
  command: 'a command',
  rejection: 'a rejection, the second kind of dead letter,',
} as const;

/** What a subject of the bus is for. */
export function readSubject(subject: string): SubjectMeaning {
  const kind = subjectKind(subject);
  switch (kind) {
    case 'task': {
      const lastDot = subject.lastIndexOf('.');
      return { kind, workerType: subject.slice(TASKS.length, lastDot), tier: subject.slice(lastDot + 1) };
    }
    case 'result':
      return { kind, parentId: subject.slice(RESULTS.length) };
    case 'control':
      return { kind, name: subject.slice(CONTROL.length) };
    case 'scheduler':
      return { kind, name: subject.slice(SCHEDULER.length) };
    case 'event':
    case 'command':
    case 'rejection': {
      const names = subject.slice(EVENTS[kind].length);
      const first = names.indexOf('.');
      const last = names.lastIndexOf('.');
      return { kind, type: names.slice(0, first), id: names.slice(first + 1, last), name: names.slice(last + 1) };
    }
    case 'dedup':
      return { kind, key: subject.slice(DEDUP.length) };
    default:
      return { kind };
  }
}

/** The same without the names; for those who look at every message. */
export function subjectKind(subject: string): SubjectMeaning['kind'] {
  if (subject === TASKS_INCOMING) return 'tasks_incoming';
  if (subject === GOALS_INCOMING) return 'goals_incoming';
  if (subject === TASKS_DEAD_LETTER) return 'dead_letter';
  switch (subject[FAMILY]) {
    case 't':
      return subject.startsWith(TASKS) && namesTypeAndTier(subject) ? 'task' : 'other';
    case 'r':
      return isNamed(subject, RESULTS) ? 'result' : eventKind(subject, 'rejection');
    case 'c':
      return isNamed(subject, CONTROL) ? 'control' : eventKind(subject, 'command');
    case 'e':
      return eventKind(subject, 'event');
    case 'd':
      return isNamed(subject, DEDUP) ? 'dedup' : 'other';
    case 's':
      return isNamed(subject, SCHEDULER) ? 'scheduler' : 'other';
    default:
      return 'other';
  }
}

function isNamed(subject: string, prefix: string): boolean {
  return subject.length > prefix.length && subject.startsWith(prefix);
}

function eventKind<K extends keyof typeof EVENTS>(subject: string, kind: K): K | 'other' {
  // A type, an id, which may hold dots, and a name.
  return isNamed(subject, EVENTS[kind]) && subject.split('.').length >= 5 ? kind : 'other';
}

/** A dot with a name on both sides. indexOf, because lastIndexOf costs as much as all the rest. */
function namesTypeAndTier(subject: string): boolean {
  return subject.indexOf('.', TASKS.length + 1) > 0 && subject[subject.length - 1] !== '.';
}

/** Offset of the word that tells the families of subjects apart by its first letter. */
const FAMILY = 'heddle.'.length;

const TASKS = 'heddle.tasks.';
const RESULTS = 'heddle.results.';
const CONTROL = 'heddle.control.';
const SCHEDULER = 'heddle.scheduler.';
const EVENTS = { event: 'heddle.events.', command: 'heddle.commands.', rejection: 'heddle.rejections.' } as const;
const DEDUP = 'heddle.dedup.';

/** Who stands behind a queue group. */
export type GroupMeaning =
  | { readonly role: 'processor' | 'llm_worker'; readonly name: string }
  | { readonly role: 'pipeline' | 'orchestrator' | 'router' }
  | { readonly role: 'other' };

/** Who joins a queue group of this name. */
export function readQueueGroup(group: string): GroupMeaning {
  if (group === PIPELINES_GROUP) return { role: 'pipeline' };
  if (group === ORCHESTRATORS_GROUP) return { role: 'orchestrator' };
  if (group === ROUTER_GROUP) return { role: 'router' };
  if (group.startsWith('processors-')) return { role: 'processor', name: group.slice('processors-'.length) };
  if (group.startsWith('workers-')) return { role: 'llm_worker', name: group.slice('workers-'.length) };
  return { role: 'other' };
}
