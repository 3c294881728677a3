import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TEMPLATE_FIELDS } from '../../src/cli/tail/show/template.ts';
import { FAIL_WORDS } from '../../src/tail/ending.ts';
import { runCli } from '../helpers/fake-io.ts';
import { inProject } from '../helpers/root.ts';

const page = readFileSync(inProject('docs', 'tail.md'), 'utf8');

test('the page shows what the program writes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-docs-'));
  const zone = process.env.TZ;
  process.env.TZ = 'UTC';
  t.after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    rmSync(folder, { recursive: true });
  });
  const recording = /```ndjson\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  writeFileSync(join(folder, 'recording.ndjson'), recording);
  const blocks = [...page.matchAll(/```console\n\$ heddle-ts (.*)\n([\s\S]*?)```/g)];
  assert.ok(blocks.length >= 4);
  for (const [, command = '', shown] of blocks) {
    const argv = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    const run = await runCli(argv, { cwd: folder });
    assert.equal(run.stderr, '');
    assert.equal(run.stdout, shown, command);
  }
});

test('the page lists every field and every word', () => {
  const fields = /^Fields: ([\s\S]*?)\.\n/m.exec(page)?.[1] ?? '';
  const listed = [...fields.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  assert.deepEqual(listed, Object.keys(TEMPLATE_FIELDS));
  const words = /`--fail-on` knows ([\s\S]*?)\. Ctrl/.exec(page)?.[1] ?? '';
  const named = [...words.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  assert.deepEqual(named.sort(), [...FAIL_WORDS].sort());
});
