import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument, readText } from '../../src/config/document.ts';
import { entryOf, isString, type MapNode, type Node } from '../../src/config/node.ts';
import { toPlain } from '../../src/config/plain.ts';
import { MAX_DEPTH } from '../../src/config/reading-problems.ts';
import { MAX_FILE_BYTES } from '../../src/config/text.ts';

function rootOf(text: string): MapNode {
  const { root, problems } = readText('x.yaml', text);
  assert.deepEqual(problems, []);
  assert.equal(root?.kind, 'map');
  return root as MapNode;
}

/** Follows keys and indexes. */
function at(root: Node, ...path: (string | number)[]): Node {
  let node = root;
  for (const part of path) {
    const next: Node | undefined =
      typeof part === 'number' ? (node.kind === 'seq' ? node.items[part] : undefined) : entryOf(node, part)?.value;
    assert.ok(next, `${part} in ${path.join('.')}`);
    node = next;
  }
  return node;
}

test('a long line in a block value is read at once, not in square time', () => {
  const started = performance.now();
  const prompt = 'x'.repeat(300_000);
  // A tab has the whole parser look at it.
  for (const comment of ['', '# \t\n']) {
    const root = rootOf(`${comment}system_prompt: |\n  ${prompt}\nname: a\n`);
    assert.equal((toPlain(root) as { system_prompt: unknown }).system_prompt, `${prompt}\n`);
  }
  assert.ok(performance.now() - started < 10_000);
});

test('every node stands where the file has it', () => {
  const text = [
    'name: echo', // 1
    'list:', // 2
    '  - plain', // 3
    "  - 'single'", // 4
    '  - "double"', // 5
    '  - {a: 1, "b": [x, y]}', // 6
    'block: |', // 7
    '  text', // 8
    'wide: é😀 # comment', // 9
    'nested:', // 10
    '    deep:   value', // 11
    'empty:', // 12
    'flow: [', // 13
    '  one, two]', // 14
  ].join('\n');
  const document = readText('x.yaml', text);
  const root = document.root as MapNode;
  const place = (node: { start: number; end: number }): string => {
    const from = document.position(node.start);
    const to = document.position(node.end);
    return `${from.line}:${from.column}-${to.line}:${to.column}`;
  };
  const table: [string, { start: number; end: number }][] = [
    ['1:1-1:5', entryOf(root, 'name')!.key],
    ['1:7-1:11', at(root, 'name')],
    ['3:5-3:10', at(root, 'list', 0)],
    ['4:5-4:13', at(root, 'list', 1)],
    ['5:5-5:13', at(root, 'list', 2)],
    ['6:5-6:24', at(root, 'list', 3)],
    ['6:6-6:7', entryOf(at(root, 'list', 3), 'a')!.key],
    ['6:12-6:15', entryOf(at(root, 'list', 3), 'b')!.key],
    ['6:17-6:23', at(root, 'list', 3, 'b')],
    ['6:21-6:22', at(root, 'list', 3, 'b', 1)],
    ['7:8-9:1', at(root, 'block')],
    ['9:7-9:10', at(root, 'wide')],
    ['11:5-11:9', entryOf(at(root, 'nested'), 'deep')!.key],
    ['11:13-11:18', at(root, 'nested', 'deep')],
    ['12:7-12:7', at(root, 'empty')],
    ['13:7-14:12', at(root, 'flow')],
    ['14:8-14:11', at(root, 'flow', 1)],
  ];
  for (const [expected, node] of table) assert.equal(place(node), expected);
});

test('a merged key points at its source, an overriding one at itself, an alias at its anchor', () => {
  const text = 'base: &b\n  tier: local\n  worker_type: w\nstage:\n  <<: *b\n  tier: standard\nagain: *b\n';
  const document = readText('x.yaml', text);
  const stage = at(document.root!, 'stage');
  const merged = entryOf(stage, 'worker_type')!;
  assert.equal(merged.merged, true);
  assert.deepEqual(document.position(merged.key.start), { line: 3, column: 3 });
  assert.deepEqual(document.position(merged.value.start), { line: 3, column: 16 });
  const own = entryOf(stage, 'tier')!;
  assert.equal(own.merged, false);
  assert.deepEqual(document.position(own.value.start), { line: 6, column: 9 });
  assert.equal(at(document.root!, 'again'), at(document.root!, 'base'));
});

test('positions hold on CRLF, on lone CR, after a byte order mark and where flow lines were joined', () => {
  const column = (text: string, key: string): string => {
    const document = readDocument('x.yaml', Buffer.from(text));
    assert.deepEqual(document.problems, []);
    const { line, column } = document.position(entryOf(document.root, key)!.value.start);
    return `${line}:${column}`;
  };
  assert.equal(column('a: 1\r\nb: 2\r\n', 'b'), '2:4');
  assert.equal(column('a: 1\rb: 2\r', 'b'), '2:4');
  assert.equal(column('\ufeffa: 1\nb: 2\n', 'a'), '1:4');
  assert.equal(column('a: [\nx,\ny\n]\nb: 2\n', 'b'), '5:4');
});

test('keys of Object.prototype and keys like numbers are ordinary, in the order of the file', () => {
  const root = rootOf('__proto__: {polluted: yes}\n"2": b\n"1": a\nconstructor: 5\n');
  assert.deepEqual([...root.entries.keys()], ['__proto__', '2', '1', 'constructor']);
  const plain = toPlain(root) as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(plain), Object.prototype);
  assert.deepEqual(Object.getOwnPropertyDescriptor(plain, '__proto__')?.value, { polluted: true });
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('a value that holds itself is read, and made plain', () => {
  const root = rootOf('a: &a\n  b: *a\n');
  const plain = toPlain(root) as { a: { b: unknown } };
  assert.equal(plain.a.b, plain.a);
});

const bomb = (lines: number): string => {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n';
  for (let at = 1; at < lines; at++)
    text += `a${at}: &a${at} [${Array(9)
      .fill(`*a${at - 1}`)
      .join(', ')}]\n`;
  return text;
};
const merges = (lines: number): string => {
  let text = 'a0: &a0 {x: 1, y: 2}\n';
  for (let at = 1; at < lines; at++)
    text += `a${at}: &a${at} {<<: [${Array(9)
      .fill(`*a${at - 1}`)
      .join(', ')}]}\n`;
  return text;
};
const steps = (levels: number): string =>
  Array.from({ length: levels }, (_, level) => `${' '.repeat(level)}a:\n`).join('');

const HOSTILE: readonly [name: string, code: string, text: string][] = [
  ['flow lists 10,000 deep', 'too_deep', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['flow lists never closed', 'too_deep', `a: ${'['.repeat(1_000_000)}`],
  ['flow mappings', 'too_deep', `${'{a: '.repeat(10_000)}`],
  ['block mappings', 'too_deep', steps(2000)],
  ['lists in one line', 'too_deep', '- '.repeat(10_000)],
  ['explicit keys in one line', 'too_deep', '? '.repeat(10_000)],
  ['aliases of aliases', 'alias_bomb', bomb(12)],
  ['merges of merges', 'alias_bomb', merges(24)],
  ['half a million keys', 'too_complex', Array.from({ length: 300_000 }, (_, at) => `k${at}: v\n`).join('')],
  ['a million empty anchors', 'syntax', `a: ${'&a '.repeat(100_000)}`],
  ['NUL', 'control_character', 'name: a\0b\n'],
  ['DEL', 'control_character', 'name: a\x7fb\n'],
  ['U+FFFE', 'control_character', 'name: a\ufffeb\n'],
];

for (const [name, code, text] of HOSTILE) {
  test(`refused with a reason: ${name}`, () => {
    const { root, problems } = readText('x.yaml', text);
    assert.equal(root, undefined);
    assert.equal(problems[0]?.code, code);
  });
}

test('as deep as Python goes is read', () => {
  const levels = MAX_DEPTH - 2;
  rootOf(`a: ${'['.repeat(levels)}${']'.repeat(levels)}`);
});

test('bytes that are no UTF-8, and too many of them', () => {
  const code = (bytes: Uint8Array): string | undefined => readDocument('x.yaml', bytes).problems[0]?.code;
  assert.equal(code(Buffer.from('name: é\n', 'latin1')), 'encoding');
  assert.equal(code(Buffer.from('\ufeffname: a\n', 'utf16le')), 'encoding');
  assert.equal(code(Buffer.alloc(MAX_FILE_BYTES + 1, 0x61)), 'too_large');
  assert.equal(code(Buffer.alloc(MAX_FILE_BYTES, 0x61)), undefined);
});

test('one bad file costs no more than a moment', () => {
  // Each of these took the parser alone minutes, a gigabyte, or the process.
  const texts = [
    `a: "${'x\n'.repeat(500_000)}"`,
    `a:\n${'  x\n'.repeat(500_000)}`,
    `a: [\n${'b,\n'.repeat(100_000)}]`,
    'a: b\n'.repeat(1_000_000),
  ];
  for (const text of texts) {
    const before = process.cpuUsage();
    readText('x.yaml', text);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 10_000_000, `${user / 1000} ms for ${JSON.stringify(text.slice(0, 12))}`);
  }
});

test('text keeps what the file said, beside what YAML made of it', () => {
  const root = rootOf('name: 12:30:45\nno: [no, "no", 010, 1e3]\n');
  const name = at(root, 'name');
  assert.deepEqual(name.kind === 'scalar' && [name.type, name.value, name.text], ['int', 45_045, '12:30:45']);
  const list = [...root.entries.values()][1]!.value;
  assert.ok(list.kind === 'seq');
  assert.deepEqual(
    list.items.map((item) => (item.kind === 'scalar' ? [item.type, item.value, item.text, isString(item)] : [])),
    [
      ['bool', false, 'no', false],
      ['str', 'no', 'no', true],
      ['int', 8, '010', false],
      ['str', '1e3', '1e3', true],
    ],
  );
});

test('the mistakes that people make most say what to do', () => {
  const table: [text: string, offset: number, message: RegExp, hint: RegExp][] = [
    ['a: Hello: world\n', 3, /a value may not hold a colon and a space outside quotes/, /quotes/],
    ['a: "Hello": world\n', 3, /a value may not hold a colon and a space outside quotes/, /whole value/],
    ['a: Hello:\n', 3, /a value may not hold a colon and a space outside quotes/, /quotes/],
    ['a: x\n b: y\n', 3, /a key stands indented below this value/, /column of the keys above/],
    ['a: @x\n', 3, /cannot start with reserved character @/, /quotes/],
    ['a: |\n   x\n  y\n', 10, /same column/, /indent text below its key/],
  ];
  for (const [text, offset, message, hint] of table) {
    const [problem] = readText('x.yaml', text).problems;
    assert.equal(problem?.offset, offset, text);
    assert.match(problem.message, message);
    assert.match(problem.hint ?? '', hint);
  }
});
