import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readDocument } from '../../src/config/document.ts';
import type { Node } from '../../src/config/node.ts';
import { inProject } from '../helpers/root.ts';

// Section 11 of the contract, row by row, against what PyYAML itself said (tools/oracle/pyyaml_values.py).

interface Measured {
  verdict: 'ok' | 'invalid' | 'crash';
  value?: unknown;
}

const read = (name: string): unknown => JSON.parse(readFileSync(inProject('test', 'config', name), 'utf8'));
const cases = read('pyyaml-cases.json') as Record<string, string[]>;
const { measured, values } = read('pyyaml-values.json') as { measured: object; values: Record<string, Measured[]> };

test('every named difference is one', () => {
  for (const text of DIFFERENT.keys()) {
    const [row, texts] = Object.entries(cases).find(([, each]) => each.includes(text))!;
    assert.notDeepEqual(ours(text), values[row]![texts.indexOf(text)]);
  }
});

/** Texts on which the two differ, and why that is left so; docs/compatibility.md names them. */
const DIFFERENT = new Map([
  ['x:\n  &a: v\n  b: 1\n', 'the parser takes the anchor of an absent first key for that of the mapping'],
  ['&a: v\nb: *a\n', 'likewise'],
]);

for (const [row, texts] of Object.entries(cases)) {
  test(`${row} (as PyYAML, ${JSON.stringify(measured)})`, () => {
    texts.forEach((text, at) => {
      if (DIFFERENT.has(text)) return;
      assert.deepEqual(ours(text), values[row]![at], JSON.stringify(text.slice(0, 200)));
    });
  });
}

test('every measured row is still a case', () => {
  assert.deepEqual(Object.keys(values), Object.keys(cases));
});

function ours(text: string): Measured & { python?: string } {
  const { root, problems } = readDocument('x.yaml', Buffer.from(text));
  if (root !== undefined) return { verdict: 'ok', value: shown(root, new Set()) };
  const verdict = problems[0]!.python as 'invalid' | 'crash';
  return verdict === 'crash' ? { verdict, python: pythonError(text) } : { verdict };
}

/** Which exception it is does not matter; that it is one does. */
function pythonError(text: string): string {
  for (const [row, texts] of Object.entries(cases)) {
    const at = texts.indexOf(text);
    if (at >= 0) return (values[row]![at] as { python?: string }).python ?? '';
  }
  return '';
}

function shown(node: Node, inside: ReadonlySet<Node>): unknown {
  if (node.kind === 'other') return [node.type];
  if (node.kind === 'scalar') {
    if (node.type === 'str' || node.type === 'bool') return [node.type, node.value];
    if (node.type === 'int') return ['int', String(node.value)];
    return node.type === 'float' ? ['float', pythonFloat(node.value as number)] : [node.type];
  }
  if (inside.has(node)) return ['recursion'];
  const further = new Set(inside).add(node);
  if (node.kind === 'seq') return ['list', node.items.map((item) => shown(item, further))];
  return ['dict', [...node.entries.values()].map(({ key, value }) => [shown(key, further), shown(value, further)])];
}

function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
