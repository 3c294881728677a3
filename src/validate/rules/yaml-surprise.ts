import { entryOf, type MapNode, type Node, type ScalarNode } from '../../config/node.ts';
import { asNumberHint, surprise } from '../describe.ts';
import type { ConfigRule, Report } from '../rule.ts';

/** Lists in which a truth value was almost certainly meant as a word. */
const WORD_LISTS = new Set(['enum', 'required', 'depends_on', 'actions', 'tags', 'patterns']);

export const yamlSurprise: ConfigRule = {
  id: 'yaml-surprise',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'YAML 1.1 reads a plain value as something else than it looks like.',
  why: "PyYAML takes 12:30:45 for a base-60 number, 010 for octal, 2026-04-29 for a date, on, off, yes and no for truth values, and 1e3 for text. Nothing reports it where any value is allowed, such as in a schema's enum or default.",
  hint: 'Put quotes around what is meant as text, and write numbers in full.',
  example: {
    'worker.yaml':
      'name: clock\nworker_kind: processor\nprocessing_backend: clock.backend.Clock\ninput_schema:\n  type: object\n  properties:\n    answer:\n      type: string\n      enum: [yes, no]\nbackend_config:\n  start: 12:30:45\n',
  },
  check: (subject, report) => {
    if (!POSSIBLE.test(subject.document.text)) return;
    // Where a type is demanded, wrong-type has said it already.
    const said = new Set(subject.mismatches.map((mismatch) => mismatch.at));
    walk(subject.root, false, new Set(), said, report);
  },
};

/** Texts without any of these shapes hold no surprise; most configs are passed over by this one look. */
const POSSIBLE = /\d:\d|\b0[\do]|\d[eE]\d|\d{4}-\d|\b(?:yes|no|on|off)[ \t\r]*(?:[,\]}:#]|$)/im;

function walk(node: Node, words: boolean, seen: Set<Node>, said: ReadonlySet<unknown>, report: Report): void {
  if (node.kind === 'scalar') {
    if (node.style === 'plain' && !said.has(node)) judge(node, words, report);
    return;
  }
  if (node.kind === 'other' || seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'seq') {
    for (const item of node.items) walk(item, words, seen, said, report);
    return;
  }
  for (const { key, value } of node.entries.values()) {
    if (key.type !== 'str') judge(key, true, report);
    const list = key.type === 'str' && WORD_LISTS.has(key.value as string) && !isBooleanEnum(node);
    walk(value, list && value.kind === 'seq', seen, said, report);
  }
}

/** `type: boolean` with `enum: [yes, no]` means what it says. */
function isBooleanEnum(schema: MapNode): boolean {
  const type = entryOf(schema, 'type')?.value;
  return type?.kind === 'scalar' && type.value === 'boolean';
}

function judge(node: ScalarNode, isWord: boolean, report: Report): void {
  const meaning = surprise(node);
  if (meaning === undefined || (node.type === 'bool' && !isWord)) return;
  const hint = node.type === 'str' ? asNumberHint(node) : undefined;
  report(node, meaning, { hint: hint?.split('; ')[1] ?? `for the text write ${JSON.stringify(node.text)}` });
}
