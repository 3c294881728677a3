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
} else {
  // Whatever keeps the program from its end: what was not done is no success.
  process.exitCode = 70;
  // Node 22.8 and newer keep compiled code between runs; asking for node:module on older ones would only cost time.
  const nodeModule = major >= 22 ? process.getBuiltinModule('node:module') : {};
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  const { main, processIo } = require('../dist/cli/main.js');
  main(process.argv.slice(2), processIo()).then((code) => {
    process.exitCode = code;
    // Everything is said and put away. What a handler left open (a timer, a pool of connections) must not keep the process.
    setTimeout(() => process.exit(), 500).unref();
  });
}
