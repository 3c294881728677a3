import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject } from '../helpers/root.ts';
import { actors } from './bus.ts';
import { startGateway, TOKEN } from './start.ts';

noLeaks();

const CLIENTS: readonly (readonly [tool: string, probe: readonly string[], command: readonly string[]])[] = [
  ['curl', ['curl', '--version'], ['sh', 'send.sh']],
  ['Python', ['python3', '--version'], ['python3', 'send.py']],
  ['Go', ['go', 'version'], ['go', 'run', 'send.go']],
];

for (const [tool, [program = '', ...flags], [command = '', ...words]] of CLIENTS) {
  const skip = spawnSync(program, flags).status === 0 ? false : `no ${program} on this machine`;
  test(`the example for ${tool} sends a task and prints its answer`, { skip }, async (t) => {
    const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
    await actors(t, await connect(), 0, 'local');
    const text = 'auth: {tokens: [{id: ci, env: T, scopes: [submit]}]}\n';
    const { url } = await startGateway(t, await connect({ reconnect: true }), text, { env: { T: TOKEN } });
    const run = promisify(execFile);
    const { stdout } = await run(command, [...words, 'echo', '{"text":"größe"}'], {
      cwd: inProject('examples', 'gateway'),
      env: { ...process.env, GATEWAY: url, GATEWAY_TOKEN: TOKEN },
    });
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([answer.status, answer.output], ['completed', { text: 'größe' }]);
  });
}
