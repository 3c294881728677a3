#!/usr/bin/env node
// Whatever keeps the program from its end: what was not done is no success.
process.exitCode = 70;
// Node 22.8 and newer keep compiled code between runs; asking for node:module on older ones would only cost time.
if (Number.parseInt(process.versions.node, 10) >= 22) process.getBuiltinModule('node:module').enableCompileCache?.();
const { main, processIo } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2), processIo());
// Everything is said and put away. What a handler left open (a timer, a pool of connections) must not keep the process.
setTimeout(() => process.exit(), 500).unref();
