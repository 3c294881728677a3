import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VERSION } from '../src/version.ts';
import { inProject } from './helpers/root.ts';

test('the version in the code is the version of the package', () => {
  assert.equal(VERSION, JSON.parse(readFileSync(inProject('package.json'), 'utf8')).version);
});
