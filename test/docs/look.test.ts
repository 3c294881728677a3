import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inProject } from '../helpers/root.ts';

const BROWSER = 'chromium';
const present = spawnSync(BROWSER, ['--version'], { encoding: 'utf8' }).status === 0;

test('the picture in the README keeps its columns in a real browser', { skip: !present && `no ${BROWSER}` }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-look-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const picture = readFileSync(inProject('docs', 'look.svg'), 'utf8');
  // What a browser folds away is no character that it can place.
  const page = `<body>${picture}<script>
    const rows = [...document.querySelectorAll('text')].map((row) => [row.getNumberOfChars(), row.textContent.length]);
    document.body.textContent = JSON.stringify(rows);
  </script></body>`;
  writeFileSync(join(folder, 'page.html'), page);
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}`, '--dump-dom'];
  const { stdout, stderr } = spawnSync(BROWSER, [...flags, join(folder, 'page.html')], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const rows = JSON.parse(/\[\[.*\]\]/.exec(stdout)?.[0] ?? 'null') as [placed: number, written: number][] | null;
  assert.ok(rows !== null && rows.length > 20, stderr);
  for (const [at, [placed, written]] of rows.entries()) assert.equal(placed, written, `row ${at + 1}`);
});
