// Compiles everything, then runs each *.test.js in a process of its own under node:test.
// `npm test -- validate broker` runs the files whose path holds one of the words; `UPDATE_GOLDEN=1` rewrites goldens.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

/** What `npm run interop` and `npm run bench -- --peers` fetched once: it takes minutes, and nothing that is compiled stands in it. */
const FETCHED = ['heddle', 'newest', 'peers'];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
for (const made of existsSync('.build') ? readdirSync('.build') : []) {
  if (!FETCHED.includes(made)) rmSync(join('.build', made), { recursive: true, force: true });
}
run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
run('node', ['tools/build.mjs']);

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const files = readdirSync('.build/test', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .filter((file) => process.env.HEDDLE_VENV || !file.includes(join('test', 'interop')))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${words.map((word) => JSON.stringify(word)).join(', ')}`);
  process.exit(1);
}
const { skipWithoutNatsServer } = await import('../.build/test/helpers/nats-server.js');
const absent = skipWithoutNatsServer();
if (!process.env.HEDDLE_VENV && words.length === 0) console.log('test/interop is left out: `npm run interop` runs it');
if (absent) console.log(`${absent}: the tests run against the built-in broker alone`);
run('node', [
  '--enable-source-maps',
  '--test',
  `--test-concurrency=${2 * Math.max(2, availableParallelism())}`,
  '--test-reporter=spec',
  // Long past what the slowest needs on a busy machine: what hangs must fail, not wait for ever.
  '--test-timeout=120000',
  ...files,
]);
