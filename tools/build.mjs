// Builds both faces of the package: the SDK as plain compiled output with types, the CLI as a split bundle.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });
run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.sdk.json']);
const { build } = await import('./bundle.mjs');
await build();
