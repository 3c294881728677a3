import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inProject } from '../helpers/root.ts';

const pages = readdirSync(inProject('docs')).filter((name) => name.endsWith('.md'));

test('docs/README.md names every page once', () => {
  const index = readFileSync(inProject('docs', 'README.md'), 'utf8');
  const named = [...index.matchAll(/\]\((\w[\w-]*\.md)\)/g)].map(([, name]) => name);
  assert.deepEqual(named.sort(), pages.filter((name) => name !== 'README.md').sort());
});

test('every link from page to page leads somewhere', () => {
  for (const page of pages) {
    const text = readFileSync(inProject('docs', page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)\s#]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(inProject('docs'), target)), `docs/${page}: ${target}`);
    }
  }
});
