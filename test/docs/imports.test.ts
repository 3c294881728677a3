import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as client from '../../src/gateway-client.ts';
import * as sdk from '../../src/index.ts';
import * as testing from '../../src/testing.ts';
import { inProject } from '../helpers/root.ts';

const FACES: Readonly<Record<string, object>> = {
  'heddle-ts': sdk,
  'heddle-ts/testing': testing,
  'heddle-ts/gateway-client': client,
};

test('what the documents import is there', () => {
  const pages = ['README.md', ...readdirSync(inProject('docs')).map((name) => `docs/${name}`)];
  let found = 0;
  for (const page of pages.filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(inProject(page), 'utf8');
    for (const [, names = '', face = ''] of text.matchAll(/import \{([^}]*)\} from '(heddle-ts[^']*)'/g)) {
      for (const name of names.split(',').map((each) => each.trim())) {
        if (name === '' || name.startsWith('type ')) continue;
        found++;
        assert.ok(name in (FACES[face] ?? {}), `${page}: ${face} has no ${name}`);
      }
    }
  }
  assert.ok(found > 3, `${found} imports`);
});
