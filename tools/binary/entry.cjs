'use strict';
// Where a binary begins: what bin/heddle-ts.js does, without asking which Node this is.
process.exitCode = 70;
const { main, processIo } = require('./cli/main.js');
main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
  setTimeout(() => process.exit(), 500).unref();
});
