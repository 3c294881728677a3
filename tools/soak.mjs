// The long form of the tests that have one: every cell of the faults, many rounds of what is decided by chance, again and again
// with other seeds until the minutes are over. `npm run soak -- --minutes 5 faults` runs files whose path holds a word.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const at = process.argv.indexOf('--minutes');
const minutes = at < 0 ? 0 : Number(process.argv[at + 1]);
if (!Number.isFinite(minutes) || minutes < 0) {
  console.error('--minutes: how many, as a number');
  process.exit(2);
}
const words = process.argv
  .slice(2)
  .filter((word, index, all) => !word.startsWith('-') && all[index - 1] !== '--minutes');

run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
run('node', ['tools/build.mjs']);
const files = readdirSync('.build/test', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => (words.length === 0 ? file.includes('faults') : words.some((word) => file.includes(word))))
  .sort();
const began = Date.now();
let rounds = 0;
do {
  rounds += 1;
  console.log(`\n== round ${rounds}`);
  run(
    'node',
    // One after the other: what is measured here is not how a busy machine copes.
    [
      '--enable-source-maps',
      '--test',
      '--test-concurrency=1',
      '--test-reporter=dot',
      '--test-timeout=3600000',
      ...files,
    ],
    {
      env: {
        ...process.env,
        HEDDLE_SOAK: '1',
        HEDDLE_ROUNDS: process.env.HEDDLE_ROUNDS ?? '20',
        HEDDLE_SEED: String(rounds),
      },
    },
  );
} while (Date.now() - began < minutes * 60_000);
console.log(
  `\n${rounds} round${rounds === 1 ? '' : 's'} of ${files.length} files in ${Math.round((Date.now() - began) / 1000)} s, all well`,
);
