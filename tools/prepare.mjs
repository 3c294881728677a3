// Before the package is packed, and when npm installs it from its repository (`npm install -g git+https://…`, pre-commit): builds it.
// A global installation hands its settings down, and npm then installs the tools of the build elsewhere: so they are fetched here.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (!existsSync('node_modules/rolldown')) {
  for (const name of Object.keys(process.env)) {
    if (/^npm_config_(global|location|prefix|omit|production)$/i.test(name)) delete process.env[name];
  }
  // On Windows npm is a batch file, which only a shell starts.
  const how = { shell: process.platform === 'win32' };
  run('npm', ['ci', '--ignore-scripts', '--include=dev', '--global=false'], how);
}
run('node', ['tools/build.mjs']);
