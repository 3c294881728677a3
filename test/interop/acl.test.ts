import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROLES } from '../../src/contract/roles.ts';
import { runCli } from '../helpers/fake-io.ts';
import { stages } from './bus.ts';
import { HOME, worldFor } from './faults/fault.ts';
import { skipWithoutHeddle } from './heddle.ts';

test("with the permissions of `acl` Heddle's own actors work, and the server refuses nothing", {
  skip: skipWithoutHeddle,
}, async (t) => {
  const world = worldFor(t);
  const { stdout } = await runCli(['acl']);
  const passwords = ROLES.map((role) => `HEDDLE_${role.toUpperCase()}_PASSWORD: "pw"\n`).join('');
  const bus = await world.bus({ config: `${passwords}${stdout}`, user: (role) => `heddle-${role}:pw@` });
  const actors = await Promise.all([
    bus.router(),
    bus.processor('echo'),
    bus.pipeline('digest', stages('echo')),
    bus.deadLetters(),
  ]);

  const run = async (role: string, ...argv: readonly string[]): Promise<string> => {
    const env = { NATS_URL: bus.url, NATS_USER: `heddle-${role}`, NATS_PASSWORD: 'pw' };
    const done = await runCli(argv, { cwd: world.folder, home: join(world.folder, HOME), env });
    assert.equal(done.code, 0, `${role}: ${argv.join(' ')}\n${done.stdout}${done.stderr}`);
    return done.stdout + done.stderr;
  };
  const task = ['submit', 'echo', '--tier', 'local', '--set', 'text=hello'];
  for (const role of ['submitter', 'gateway']) assert.match(await run(role, ...task, '--wait', '10s'), /completed/);
  const goal = ['submit', '--goal', 'go', '--context', 'text=hello', '--wait', '10s'];
  assert.match(await run('submitter', ...goal), /digest completed/);
  assert.match(await run('operator', 'preflight', '-o', 'short', '--rtt-warn', '30s'), /^ready: [^w]*$/m);
  assert.match(await run('operator', 'reload'), /2 actors hear it/);
  for (const actor of actors) if (actor !== undefined) assert.doesNotMatch(actor.log(), /[Pp]ermissions? [Vv]iolation/);
  assert.doesNotMatch(bus.server.log(), /Violation/);
});
