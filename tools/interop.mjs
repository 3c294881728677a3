// `npm run interop`: the tests that run beside the real Heddle, in a Python environment of their own below .build.
// `npm run interop -- diagnosis` runs the files whose name holds the word; HEDDLE_VENV names an environment that exists.
// Where Python or the package index is out of reach it says so in one line and ends well: the rest of the tests need neither.
import { fileURLToPath } from 'node:url';
import { heddleEnvironment } from './heddle-environment.mjs';
import { newestNatsServer } from './newest-nats-server.mjs';
import { run } from './run.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { folder, why } = heddleEnvironment();
if (folder === undefined) console.log(`interop is skipped: ${why}`);
else {
  const newest = newestNatsServer();
  if (newest.why !== undefined) console.log(`the newest nats-server is left out: ${newest.why}`);
  const env = { ...process.env, HEDDLE_VENV: folder, ...(newest.path && { HEDDLE_NATS_SERVER_NEWEST: newest.path }) };
  run('node', ['tools/test.mjs', ...wanted()], { env });
}

function wanted() {
  const words = process.argv.slice(2);
  return words.length === 0 ? ['test/interop/'] : words.map((word) => `test/interop/${word}`);
}
