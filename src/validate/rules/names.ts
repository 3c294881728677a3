import type { ConfigKind } from '../../config/kind.ts';
import { entryOf, isString, type MapNode, mapsIn, type Node } from '../../config/node.ts';
import { isSubjectToken } from '../../contract/subject-grammar.ts';
import type { ConfigRule, ConfigSubject, Rule } from '../rule.ts';
import { stagesOf } from '../stages.ts';
import { rememberLast } from '../subject.ts';

interface Doubtful {
  readonly node: Node;
  readonly text: string;
  readonly what: string;
  readonly reason: string;
  /** The subject cannot be used, or means another; otherwise it works, and surprises. */
  readonly fatal: boolean;
}

type Add = (node: Node | undefined, what: string) => void;

/** Names that become tokens of subjects: of workers, of schedulers, and of the workers that others send tasks to. */
const GATHER: Readonly<Partial<Record<ConfigKind, (root: MapNode, add: Add) => void>>> = {
  worker: (root, add) => add(entryOf(root, 'name')?.value, 'the worker name'),
  scheduler: (root, add) => {
    add(entryOf(root, 'name')?.value, 'the scheduler name');
    for (const entry of mapsIn(root, 'schedules'))
      add(entryOf(entryOf(entry, 'task')?.value, 'worker_type')?.value, 'the worker_type');
  },
  pipeline: (root, add) => {
    for (const { map } of stagesOf(root).all) add(entryOf(map, 'worker_type')?.value, 'the worker_type');
  },
  orchestrator: (root, add) => {
    for (const worker of mapsIn(root, 'available_workers')) add(entryOf(worker, 'name')?.value, 'the worker name');
  },
  council: (root, add) => {
    for (const agent of mapsIn(root, 'agents')) add(entryOf(agent, 'worker_type')?.value, 'the worker_type');
  },
  router: (root, add) => {
    const overrides = entryOf(root, 'tier_overrides')?.value;
    if (overrides?.kind !== 'map') return;
    for (const { key } of overrides.entries.values()) add(key, 'the worker_type');
  },
};

/** The names of a config that are not as a subject token should be. */
const doubtfulNames = rememberLast(({ kind, root }: ConfigSubject): readonly Doubtful[] => {
  const found: Doubtful[] = [];
  GATHER[kind]?.(root, (node, what) => {
    if (!isString(node)) return;
    const problem = tokenProblem(node.value);
    if (problem !== undefined) found.push({ node, text: node.value, what, ...problem });
  });
  return found;
});

function tokenProblem(name: string): { reason: string; fatal: boolean } | undefined {
  if (isSubjectToken(name)) return undefined;
  if (name === '') return { reason: 'it is empty', fatal: true };
  if (/[\s\x00-\x1f\x7f]/.test(name)) return { reason: 'it holds white space or control characters', fatal: true };
  if (/[*>]/.test(name)) return { reason: '* and > are wildcards', fatal: true };
  if (/^\.|\.$|\.\./.test(name)) return { reason: 'a dot at its edge leaves an empty token', fatal: true };
  if (name.length > 128) return { reason: 'it is longer than 128 characters', fatal: false };
  return name.includes('.')
    ? { reason: 'its dots make several tokens of it', fatal: false }
    : { reason: 'it holds other characters than letters, digits, - and _', fatal: false };
}

const nameUnusable: ConfigRule = {
  id: 'name-unusable',
  scope: 'config',
  kinds: 'all',
  severity: 'error',
  summary: 'A name cannot be part of a subject.',
  why: 'The name of a worker is a token of the subject heddle.tasks.<name>.<tier>. Spaces split the protocol line, an empty token leaves a subject that nobody can subscribe to, * and > are wildcards: tasks for such a name are lost or reach the wrong subscriber.',
  hint: 'Use letters, digits, - and _ (at most 128).',
  example: { 'worker.yaml': 'name: my worker\nsystem_prompt: Answer in one sentence.\n' },
  check: (subject, report) => {
    for (const { node, text, what, reason, fatal } of doubtfulNames(subject)) {
      if (fatal) report(node, `${what} ${JSON.stringify(text)} cannot be part of a subject: ${reason}`);
    }
  },
};

const nameUnusual: ConfigRule = {
  id: 'name-unusual',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'A name works as part of a subject, and makes trouble.',
  why: 'A dot makes two tokens of one name, so that heddle.tasks.*.local no longer matches it and permissions written for one token do not hold. Letters beyond ASCII look alike and differ.',
  hint: 'Use letters, digits, - and _ (at most 128).',
  example: { 'worker.yaml': 'name: text.summarizer\nsystem_prompt: Answer in one sentence.\n' },
  check: (subject, report) => {
    for (const { node, text, what, reason, fatal } of doubtfulNames(subject)) {
      if (!fatal) report(node, `${what} ${JSON.stringify(text)} is unusual in a subject: ${reason}`);
    }
  },
};

export const NAME_RULES: readonly Rule[] = [nameUnusable, nameUnusual];
