import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable } from '../../../src/cli/screen/table.ts';
import { displayWidth } from '../../../src/cli/screen/width.ts';

test('columns line up, numbers to the right, no blanks at the end', () => {
  const lines = renderTable({
    columns: [{ header: 'TYPE' }, { header: 'REPLICAS', align: 'right' }, { header: 'NOTE' }],
    rows: [
      ['echo', 3, 'ok'],
      ['日本語', 12, undefined],
    ],
  });
  assert.deepEqual(lines, ['TYPE    REPLICAS  NOTE', 'echo           3  ok', '日本語        12']);
});

test('without headers there is no line for them; no rows give no lines', () => {
  assert.deepEqual(renderTable({ columns: [{}, {}], rows: [['a', 'b']] }), ['a  b']);
  assert.deepEqual(renderTable({ columns: [{}], rows: [] }), []);
  assert.deepEqual(renderTable({ columns: [{ header: 'A' }], rows: [] }), ['A']);
});

test('too wide: the column that may shrink gives way', () => {
  const options = {
    columns: [{ header: 'NAME' }, { header: 'VALUE', shrinks: true }, { header: 'SOURCE' }],
    rows: [['a-name-of-20-letters', 'x'.repeat(50), 'environment']],
  };
  const [header, row] = renderTable({ ...options, width: 50 });
  assert.equal(header, `NAME                  VALUE${' '.repeat(12)}SOURCE`);
  assert.equal(row, `a-name-of-20-letters  ${'x'.repeat(14)}…  environment`);
  assert.equal(displayWidth(row!), 50);
});

test('too wide for those that may shrink: the others give too, down to a floor', () => {
  const options = { columns: [{}, { shrinks: true }], rows: [['y'.repeat(40), 'x'.repeat(40)]], ellipsis: '...' };
  assert.deepEqual(renderTable({ ...options, width: 30 }), [`${'y'.repeat(19)}...  xxx...`]);
  assert.deepEqual(renderTable({ ...options, width: 3 }), ['yyy...  xxx...']);
});

test('equal columns share the loss', () => {
  const rows = [['a'.repeat(20), 'b'.repeat(20), 'c'.repeat(20)]];
  const [line] = renderTable({ columns: [{}, {}, {}], rows, width: 34 });
  assert.deepEqual(
    line!.split('  ').map((cell) => cell.length),
    [10, 10, 10],
  );
});

test('every line fits whenever it can', () => {
  const rows = [
    ['short', 'x'.repeat(200), 'tail'],
    ['much longer than that', '日'.repeat(60), ''],
  ];
  for (let width = 24; width < 200; width += 7) {
    for (const line of renderTable({ columns: [{}, {}, {}], rows, width })) assert.ok(displayWidth(line) <= width);
  }
});

test('styles wrap the text, not the blanks, and do not count', () => {
  const mark = (text: string): string => `<${text}>`;
  const lines = renderTable({
    columns: [{ header: 'A' }, { header: 'N', align: 'right' }, { header: 'B' }],
    rows: [
      [{ text: 'x', style: mark }, { text: '7', style: mark }, 'end'],
      ['long one', 123, { text: '', style: mark }],
    ],
    headerStyle: mark,
  });
  assert.deepEqual(lines, ['<A>           <N>  <B>', '<x>           <7>  end', 'long one  123']);
});

test('cells are disarmed', () => {
  assert.deepEqual(renderTable({ columns: [{}], rows: [['a\nb\x1b[2J\u202e']] }), ['a\\nb\\x1b[2J\\u202e']);
});

test('indent counts', () => {
  assert.deepEqual(renderTable({ columns: [{}], rows: [['x'.repeat(20)]], width: 10, indent: 2 }), ['  xxxxxxx…']);
});
