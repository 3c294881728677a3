// Compiles, builds, then runs each bench/*.ts program in turn: every budget as a ratio measured in one run.
// `npm run bench -- cold submit` runs those whose name holds one of the words.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
run('node', ['tools/build.mjs']);
const words = process.argv.slice(2);
for (const file of readdirSync('.build/bench')
  .filter((name) => name.endsWith('.bench.js'))
  .sort()) {
  if (words.length > 0 && !words.some((word) => file.includes(word))) continue;
  console.log(`\n== ${file.replace('.bench.js', '')}`);
  run('node', ['--expose-gc', `.build/bench/${file}`]);
}
