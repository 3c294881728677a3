#!/usr/bin/env node
'use strict';
// Read by any Node, also by one that is too old for the program: nothing here is newer than that.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `error: heddle-ts needs Node 20.19 or newer, and this is Node ${process.versions.node} (${process.execPath})\n` +
      '  hint: install a newer one, from https://nodejs.org for instance; npx -p node@20 heddle-ts … fetches one for a single run\n',
  );
  process.exitCode = 1;
} else if (process.versions.bun && !withoutFilesOfTheFolder()) {
  process.stderr.write(
    'error: Bun has put what a .env file of this folder says into the environment, where it would be believed like what you set yourself\n' +
      '  hint: bun --no-env-file …; heddle-ts reads .env itself\n',
  );
  process.exitCode = 2;
} else {
  // Whatever keeps the program from its end: what was not done is no success.
  process.exitCode = 70;
  // Node 22.8 and newer keep compiled code between runs; asking for node:module on older ones would only cost time.
  const nodeModule = major >= 22 && !process.versions.bun ? process.getBuiltinModule('node:module') : {};
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  const { main, processIo } = require('../dist/cli/main.js');
  main(process.argv.slice(2), processIo()).then((code) => {
    process.exitCode = code;
    // Everything is said and put away. What a handler left open (a timer, a pool of connections) must not keep the process.
    setTimeout(() => process.exit(), 500).unref();
  });
}

/** Linux tells what this process was started with; what is not among it came from a file. Elsewhere: false where there is such a file. */
function withoutFilesOfTheFolder() {
  if (process.execArgv.some((word) => word.startsWith('--no-env-file') || word.startsWith('--env-file'))) return true;
  const fs = require('node:fs');
  try {
    const started = fs.readFileSync('/proc/self/environ', 'utf8').split('\0');
    const names = new Set(started.map((each) => each.slice(0, each.indexOf('='))));
    for (const name of Object.keys(process.env)) if (!names.has(name)) delete process.env[name];
    return true;
  } catch {
    const files = ['.env', '.env.local', '.env.development', '.env.production', '.env.test'];
    return !files.some((file) => fs.existsSync(file) || fs.existsSync(`${file}.local`));
  }
}
