import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CliRun, runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { newOperator } from '../transport/nats-operator.ts';

noLeaks();
const skip = skipWithoutNatsServer();

interface World {
  readonly folder: string;
  run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliRun>;
}

/** A home with the file `secret`, and one NATS context, "team", that is selected. */
function world(t: TestContext, context: object = {}): World {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-refused-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const contexts = join(folder, '.config', 'nats', 'context');
  mkdirSync(contexts, { recursive: true });
  writeFileSync(join(contexts, 'team.json'), JSON.stringify(context));
  writeFileSync(join(folder, '.config', 'nats', 'context.txt'), 'team');
  writeFileSync(join(folder, 'secret'), 'wrong\n', { mode: 0o600 });
  return { folder, run: (argv, env = {}) => runCli(argv, { cwd: folder, home: folder, env }) };
}

test('a wrong password: where the server and each credential came from', { skip }, async (t) => {
  const { url } = await natsServerFor(t, { config: 'authorization { user: ada, password: right }' });
  const { run } = world(t, { url });
  const { code, stderr } = await run(['status', '--password-file', 'secret'], { NATS_USER: 'ada' });
  assert.equal(code, 3);
  assert.match(
    stderr,
    /refused user "ada" \(server from NATS context 'team' \(.*team\.json\), user from environment NATS_USER, password from flag --password-file\)\n {2}hint: Check name and password, and which/,
  );
});

test('a wrong token is not called name and password', { skip }, async (t) => {
  const { url } = await natsServerFor(t, { config: 'authorization { token: right }' });
  const { run } = world(t);
  const { stderr } = await run(['status', '--nats-url', url, '--token-file', 'secret']);
  assert.match(
    stderr,
    /refused a token \(server from flag --nats-url, token from flag --token-file\)\n {2}hint: Check the token, and which/,
  );
  assert.doesNotMatch(stderr, /name and password|wrong/);
  const inAddress = await run(['status', '--nats-url', url.replace('//', '//hidden@')]);
  assert.match(inAddress.stderr, /refused a token \(server from flag --nats-url, credentials in its address\)/);
  assert.doesNotMatch(inAddress.stderr, /hidden/);
});

test('credentials of a flag beside the server of a context: both are named, in preflight too', { skip }, async (t) => {
  const { url } = await natsServerFor(t, { config: newOperator().config });
  const { run, folder } = world(t, { url });
  writeFileSync(join(folder, 'other.creds'), newOperator().user().creds, { mode: 0o600 });
  const says =
    /refused credentials from a \.creds file \(server from NATS context 'team' \(.*\), creds from flag --creds\)/;
  const argv = ['--creds', 'other.creds'];
  assert.match((await run(['status', ...argv])).stderr, says);
  assert.match((await run(['preflight', '-o', 'short', ...argv])).stdout, says);
  const password = await run(['status', '--user', 'ada', '--password-file', 'secret']);
  assert.match(password.stderr, /This server knows nkeys or JWTs, and may take nothing else\. Check name and password/);
});

test('in operator mode without a system account nobody is told that a newer server would tell', { skip }, async (t) => {
  const operator = newOperator();
  const { url } = await natsServerFor(t, { config: operator.config });
  const { run, folder } = world(t);
  writeFileSync(join(folder, 'ada.creds'), operator.user().creds, { mode: 0o600 });
  const argv = ['--nats-url', url, '--creds', 'ada.creds'];
  const map = await run(['status', ...argv]);
  assert.match(map.stderr, /It answers where it has a system account: in operator mode, name one in its configuration/);
  assert.doesNotMatch(map.stderr, /2\.9 and later/);
});
