import { describe, list } from '../../config/describe.ts';
import { CONFIG_KINDS, otherKind, otherKindText } from '../../config/kind.ts';
import { keyText } from '../../config/node.ts';
import type { ProblemCode } from '../../config/problem.ts';
import type { DocumentRule } from '../rule.ts';

type Unread = Pick<DocumentRule, 'id' | 'summary' | 'why' | 'example'> & {
  readonly hint: string;
  /** The problems that it speaks of. */
  readonly codes: readonly ProblemCode[];
};

/** What kept a file from being read. */
const UNREAD: readonly Unread[] = [
  {
    id: 'file-readable',
    codes: ['missing', 'directory', 'not_a_file', 'unreadable'],
    summary: 'The file cannot be read.',
    why: 'A name that leads to nothing, to a directory, a pipe or a file without read permission is no config; an actor started with it ends at once.',
    hint: 'Correct the path, or the permissions of the file.',
    example: {},
  },
  {
    id: 'file-too-large',
    codes: ['too_large', 'too_complex', 'too_deep', 'alias_bomb'],
    summary: 'The file is larger, deeper or unfolds to more than any config.',
    why: 'Files over 10 MiB, over 500,000 YAML tokens, nested deeper than 486 levels (where Python gives up with a traceback) or unfolding through aliases to more than a million values are refused, so that one file cannot take the memory of the machine.',
    hint: 'Check that the path names a config. If it does, move bulk data out of it.',
    example: {
      'worker.yaml':
        'a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n',
    },
  },
  {
    id: 'file-encoding',
    codes: ['encoding', 'control_character'],
    summary: 'The file is not UTF-8 text, or holds a character that YAML forbids.',
    why: 'Heddle reads configs as UTF-8: other encodings end it with a traceback, control characters are a YAML error.',
    hint: 'Save the file as UTF-8; write control characters as escapes in double quotes ("\\x07").',
    example: { 'worker.yaml': 'name: echo\x07\nworker_kind: processor\n' },
  },
  {
    id: 'yaml-syntax',
    codes: ['syntax', 'multiple_documents'],
    summary: 'The file is not YAML as Heddle reads it.',
    why: 'Heddle reads configs with PyYAML, which follows YAML 1.1 and is stricter than most editors: a tab between words, a second document, an anchor declared twice are errors.',
    hint: 'Mend the place shown; only the first mistake is reported, what follows it is guesswork.',
    example: { 'worker.yaml': 'name: summarizer\nsystem_prompt:\tAnswer in one sentence.\n' },
  },
  {
    id: 'yaml-value',
    codes: ['value'],
    summary: "A value is YAML, and Python's safe loader cannot build it.",
    why: 'Unknown tags, dates that do not exist, lists as keys and merge keys without a mapping stop Heddle from loading the file; a date such as 2026-13-01 even ends it with a traceback.',
    hint: 'Put the value in quotes when it is meant as text; remove tags.',
    example: { 'worker.yaml': 'name: summarizer\nsystem_prompt: Answer in one sentence.\nreviewed: 2026-13-01\n' },
  },
];

const configEmpty: DocumentRule = {
  id: 'config-empty',
  scope: 'document',
  severity: 'error',
  summary: 'The file is empty, or its top is not a mapping.',
  why: 'A config is a mapping of keys to values. Heddle refuses an empty file, a list or a bare value.',
  hint: 'Start the file with keys, such as `name: my_worker`.',
  example: { 'worker.yaml': '- name: summarizer\n- system_prompt: Answer in one sentence.\n' },
  check: ({ document: { root } }, report) => {
    if (root === undefined || (root.kind === 'map' && root.entries.size > 0)) return;
    const empty = root.kind === 'scalar' && root.type === 'NoneType';
    report(
      { start: root.start, end: root.start },
      empty ? 'the file is empty' : `a config is a mapping of keys, this file holds ${describe(root)}`,
    );
  },
};

const configKind: DocumentRule = {
  id: 'config-kind',
  scope: 'document',
  severity: 'error',
  summary: 'No key says what kind of config this is.',
  why: 'The kind is recognised by its keys: pipeline_stages, system_prompt, processing_backend, worker_kind, available_workers, tier_overrides, schedules, agents, tools, entry_configs and the like. Without one of them nothing can be checked, and no actor can use the file.',
  remedy: { do: 'name-kind' },
  example: { 'worker.yaml': 'name: summarizer\nsystem_promt: Answer in one sentence.\n' },
  check: (subject, report) => {
    const { root } = subject;
    if (root === undefined || subject.kind !== 'unknown') return;
    const first = [...root.entries.values()][0]!;
    const keys = [...root.entries.values()].slice(0, 5).map(({ key }) => keyText(key).slice(0, 40));
    report(first.key, `nothing says what kind of config this is (its keys: ${list(keys)})`, {
      remedy: { do: 'name-kind', kinds: CONFIG_KINDS },
    });
  },
};

const configOtherKind: DocumentRule = {
  id: 'config-other-kind',
  scope: 'document',
  severity: 'warning',
  summary: 'The file is taken for one kind of config, and its keys are those of another.',
  why: 'An actor that is given the config of another kind passes over keys that are not its own: a router with the config of a worker runs without rules, and says nothing.',
  remedy: { do: 'name-right-config' },
  example: { 'router_rules.yaml': 'name: summarizer\nworker_kind: processor\n' },
  exampleAs: 'router',
  check: ({ document: { root }, kind }, report) => {
    if (root?.kind !== 'map' || kind === 'unknown') return;
    const other = otherKind(root, kind);
    if (other !== undefined) report(other.at, otherKindText(other, kind));
  },
};

export const FILE_RULES: readonly DocumentRule[] = [...UNREAD.map(unread), configEmpty, configKind, configOtherKind];

function unread({ codes, ...about }: Unread): DocumentRule {
  return {
    ...about,
    scope: 'document',
    severity: 'error',
    check: ({ document }, report) => {
      for (const { code, offset, message, hint } of document.problems) {
        if (!codes.includes(code)) continue;
        report({ start: offset, end: Math.min(offset + 1, document.text.length) }, message, { hint });
      }
    },
  };
}
