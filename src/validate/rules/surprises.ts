import { asNumberHint, surprise } from '../../config/describe.ts';
import { entryOf, isNumber, isString, type MapNode, type Node, type ScalarNode } from '../../config/node.ts';
import type { ConfigRule, Report, Rule } from '../rule.ts';

/** Lists in which a truth value was almost certainly meant as a word. */
const WORD_LISTS = new Set(['enum', 'required', 'depends_on', 'actions', 'tags', 'patterns']);

const yamlSurprise: ConfigRule = {
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

const LIMITS = new Set([
  'timeout_seconds',
  'max_input_tokens',
  'max_output_tokens',
  'interval_seconds',
  'tokens_per_minute',
  'max_concurrent',
  'synthesis_timeout_seconds',
  'threshold',
]);

/** Every key that sets a limit, at any depth, with its value. */
function* numbersIn(root: MapNode): Generator<[string, Node]> {
  const seen = new Set<Node>();
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.kind === 'scalar' || node.kind === 'other' || seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'seq') {
      for (const item of node.items) if (item.kind !== 'scalar') waiting.push(item);
      continue;
    }
    for (const { key, value } of node.entries.values()) {
      if (value.kind !== 'scalar') waiting.push(value);
      else if (isString(key) && LIMITS.has(key.value)) yield [key.value, value];
    }
  }
}

const numberNotFinite: ConfigRule = {
  id: 'number-not-finite',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'A limit is NaN or infinite.',
  why: 'Heddle accepts .nan and .inf where it asks for a positive number. A timeout of NaN never compares as it should, an infinite one never ends.',
  hint: 'Write a number.',
  example: {
    'pipeline.yaml':
      'name: digest\ntimeout_seconds: .nan\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    timeout_seconds: .inf\n',
  },
  check: (subject, report) => {
    if (!/\.(?:nan|inf)/i.test(subject.document.text)) return;
    for (const [key, node] of numbersIn(subject.root)) {
      if (isNumber(node) && (node.value === Number.POSITIVE_INFINITY || Number.isNaN(node.value))) {
        report(node, `'${key}' is ${Number.isNaN(node.value) ? 'not a number (NaN)' : 'infinite'}`);
      }
    }
  },
};

export const SURPRISE_RULES: readonly Rule[] = [yamlSurprise, numberNotFinite];
