// Builds both faces of the package: the SDK as plain compiled output with types, the CLI as a split bundle.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { minifySync } from 'rolldown/utils';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// Binaries, in dist/bin, are made by another script, and take longer.
for (const made of ['dist/sdk', 'dist/cli']) rmSync(made, { recursive: true, force: true });
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

// The manual pages, from the command map of what was just built.
const { main, processIo } = createRequire(import.meta.url)('../dist/cli/main.js');
const outside = processIo();
const pageOf = async (...words) => {
  let page = '';
  const stdout = { ...outside.stdout, write: (text) => (page += text), drained: async () => {} };
  const io = { stdout, env: { SOURCE_DATE_EPOCH: process.env.SOURCE_DATE_EPOCH }, onStray: () => () => {} };
  const exit = await main(['help', ...words], { ...outside, ...io });
  if (exit !== 0) throw new Error(`heddle-ts help ${words.join(' ')}: exit ${exit}`);
  return page;
};
rmSync('man', { recursive: true, force: true });
mkdirSync('man');
writeFileSync('man/heddle-ts.1', await pageOf('--man'));
for (const { name } of JSON.parse(await pageOf('-o', 'json')).commands) {
  writeFileSync(`man/heddle-ts-${name}.1`, await pageOf('--man', name));
}
