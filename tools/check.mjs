// Everything that can be wrong without running a test: types, lint and format, fences, generated files.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit']);
run('node', ['node_modules/@biomejs/biome/bin/biome', 'ci', '.']);
run('node', ['tools/rooms.mjs']);
run('node', ['tools/build.mjs']);
for (const generator of readdirSync('tools')
  .filter((name) => /^generate-.*\.mjs$/.test(name))
  .sort()) {
  run('node', [`tools/${generator}`, '--check']);
}
