'use strict';
// Where a binary begins: what bin/heddle-ts.js does, without asking which Node this is.
process.exitCode = 70;
// What still runs now has work to do: machine code pays from here on (tools/binary.mjs says why not before).
setTimeout(() => Bun.unsafe.setJITPolicy(1), 25).unref();
const { main, processIo } = require('./cli/main.js');
main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
  setTimeout(() => process.exit(), 500).unref();
});
