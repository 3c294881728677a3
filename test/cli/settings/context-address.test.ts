import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { startProgram } from '../../helpers/program.ts';

test("a context's own address, given as a flag or by NATS_URL, has the context's credentials; another has not", {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const config = 'authorization { user: "plant", password: "kept-by-the-context" }';
  const [own, other] = [await natsServerFor(t, { config }), await natsServerFor(t, { config })];
  const home = mkdtempSync(join(tmpdir(), 'heddle-context-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'nats', 'context');
  mkdirSync(folder, { recursive: true });
  const context = { url: own.url, user: 'plant', password: 'kept-by-the-context' };
  writeFileSync(join(folder, 'plant.json'), JSON.stringify(context));
  writeFileSync(join(home, 'nats', 'context.txt'), 'plant');
  const ask = async (flags: readonly string[], env: Record<string, string> = {}) => {
    const program = startProgram(t, ['status', ...flags, '--no-env-file', '-o', 'json'], {
      cwd: home,
      env: { XDG_CONFIG_HOME: home, ...env },
    });
    const code = await program.ended;
    return { code, said: JSON.parse(program.stdout()) as { error?: { code: string; message: string } } };
  };
  const bare = own.url.replace('nats://', '');
  for (const [flags, env] of [
    [[], {}],
    [['--nats-url', own.url], {}],
    [['--nats-url', bare], {}],
    [[], { NATS_URL: own.url }],
  ] as const) {
    const { said } = await ask(flags, env);
    assert.equal(said.error, undefined, `${flags.join(' ')} ${JSON.stringify(env)}: ${said.error?.message}`);
  }
  for (const [flags, env] of [
    [['--nats-url', other.url], {}],
    [[], { NATS_URL: other.url }],
    [['--nats-url', `${own.url},${other.url}`], {}],
  ] as const) {
    const { code, said } = await ask(flags, env);
    assert.deepEqual([code, said.error?.code], [2, 'settings_mixed_auth'], flags.join(' '));
    assert.match(said.error?.message ?? '', /context/);
    assert.doesNotMatch(JSON.stringify(said), /kept-by-the-context/);
  }
});
