// The binary of this machine at work: `--version`, the demo, and those tests that start the program as a process. With words, only the test
// files whose path holds one of them. What these find on a binary and not on Node is a difference between the two: docs/install.md names them.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileOf, ofThisMachine } from './binary/targets.mjs';
import { run } from './run.mjs';

/** Where a difference between the runtimes would show: signals, faults, unread outputs, deadlines over patterns, every exit code. */
const QUICK = [
  'cli/process',
  'cli/unread',
  'cli/slow-',
  'cli/frame',
  'cli/validate',
  'cli/commands',
  'faults/few-',
  'faults/full-',
  'docs/mistakes',
];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const binary = resolve('dist', 'bin', fileOf(ofThisMachine() ?? ''));
if (!existsSync(binary)) {
  console.error(`error: there is no ${binary}: npm run build:binary`);
  process.exitCode = 2;
} else {
  const env = { ...process.env, HEDDLE_TS_PROGRAM: binary };
  run(binary, ['--version']);
  run('node', ['tools/demo.mjs'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  console.log('the demo passes');
  run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  const words = process.argv.length > 2 ? process.argv.slice(2) : QUICK;
  const files = readdirSync('.build/test', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => words.some((word) => file.replaceAll('\\', '/').includes(word)))
    .sort();
  run('node', ['--enable-source-maps', '--test', '--test-reporter=spec', '--test-timeout=120000', ...files], { env });
}
