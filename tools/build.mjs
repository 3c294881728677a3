// Builds both faces of the package: the SDK as plain compiled output with types, the CLI as a split bundle.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minifySync } from 'rolldown/utils';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });
const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.sdk.json'];
// What a comment tells a user stands in the types; in the code it would only be downloaded.
run('node', [...tsc, '--declaration', 'false', '--removeComments']);
run('node', [...tsc, '--emitDeclarationOnly']);
// Nobody reads what a generator wrote for the engine.
for (const path of ['dist/sdk/contract/generated/schema-validators.js', 'dist/sdk/validate/generated/meta-schema.js']) {
  writeFileSync(path, minifySync(path, readFileSync(path, 'utf8'), { module: true }).code);
}
const { build } = await import('./bundle.mjs');
await build();
