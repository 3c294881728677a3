import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { splitCommand } from '../../src/child/split-command.ts';
import { workerMetrics } from '../../src/worker/metrics.ts';
import { inProject } from '../helpers/root.ts';

const page = readFileSync(inProject('docs', 'worker.md'), 'utf8');

test('commands are split as the table says', () => {
  const table = /\| written \| arguments \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(page)?.[1] ?? '';
  const rows = table.trimEnd().split('\n');
  assert.ok(rows.length >= 6);
  for (const row of rows) {
    const [, written = '', args = ''] = /^\| `(.*?)` \| (.*) \|$/.exec(row) ?? [];
    assert.deepEqual(
      splitCommand(written),
      [...args.matchAll(/``|`(.*?)`/g)].map((match) => match[1] ?? ''),
      written,
    );
  }
});

test('the metrics are those that are served', () => {
  const sidecar = {
    name: 's',
    state: 'up',
    address: undefined,
    reason: undefined,
    starts: 1,
    deaths: 0,
    badLines: 0,
  } as const;
  const served = new Set(
    [
      ...workerMetrics('x', 'local')
        .text({ running: 0, waiting: 0 }, sidecar)
        .matchAll(/^# TYPE (\S+)/gm),
    ].map((match) => match[1]),
  );
  const told = new Set([...page.matchAll(/`(heddle_(?:worker|tasks?)_\w+)`/g)].map((match) => match[1]));
  assert.deepEqual([...told].sort(), [...served].sort());
});
