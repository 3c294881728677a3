import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { toConnectOptions } from '../../../src/cli/settings/connect-options.ts';
import { inProject } from '../../helpers/root.ts';
import { CERTIFICATE, CREDS, PRIVATE_KEY, testPlace } from './place.ts';

const PLACES = ['flag', 'environment', '.env', 'context', 'default'] as const;
const CREDENTIALS = PLACES.slice(0, -1);

/** Which server (row) may get which credentials (column), as docs/security.md says it; `own` is no, but for a context's own address. */
const TABLE = readFileSync(inProject('docs', 'security.md'), 'utf8').matchAll(
  /^\| (flag|environment|context|`\.env`|default) \| (\w+) \| (\w+) \| (\w+) \| (\w+) \|$/gm,
);
const MAY = new Map([...TABLE].map(([, row = '', ...cells]) => [row.replaceAll('`', ''), cells]));
/** The columns of the page. */
const COLUMNS: readonly string[] = ['flag', 'environment', 'context', '.env'];

test('a server gets the credentials of sources that are at most as trusted as the one that named it, in every combination', async (t) => {
  const place = testPlace(t);
  place.write('token', 'T');
  assert.deepEqual([...MAY.keys()].sort(), [...PLACES].sort(), 'docs/security.md has a row for each place');
  for (const url of PLACES) {
    for (const credentials of CREDENTIALS) {
      const context = { ...(url === 'context' && { url: 'h' }), ...(credentials === 'context' && { token: 'T' }) };
      place.context('c', context);
      place.write('.env', `${url === '.env' ? 'NATS_URL=h\n' : ''}${credentials === '.env' ? 'NATS_TOKEN=T\n' : ''}`);
      const flags = {
        natsContext: Object.keys(context).length > 0 ? 'c' : (false as const),
        natsUrl: url === 'flag' ? ['h'] : undefined,
        tokenFile: credentials === 'flag' ? 'token' : undefined,
      };
      const env = {
        ...(url === 'environment' && { NATS_URL: 'h' }),
        ...(credentials === 'environment' && { NATS_TOKEN: 'T' }),
      };
      const label = `address from ${url}, token from ${credentials}`;

      const { problems } = await place.resolve(flags, env);
      assert.deepEqual(
        problems.map(({ code }) => code),
        MAY.get(url)?.[COLUMNS.indexOf(credentials)] === 'yes' ? [] : ['settings_mixed_auth'],
        label,
      );
      const allowed = await place.resolve({ ...flags, allowMixedAuth: true }, env);
      assert.deepEqual(allowed.problems, [], label);
      assert.deepEqual(toConnectOptions(allowed).auth, { token: 'T' }, label);
    }
  }
});

test("a context's credentials go to the context's own address, whoever says it once more", async (t) => {
  const place = testPlace(t);
  place.context('c', { url: 'nats://h:4222,nats://i', token: 'T' });
  place.write('.env', 'NATS_URL=h,i\n');
  const codes = async (...input: Parameters<typeof place.resolve>): Promise<string[]> =>
    (await place.resolve(...input)).problems.map(({ code }) => code);
  assert.deepEqual(await codes({ natsContext: 'c', natsUrl: ['I:4222', 'h'], envFile: false }), []);
  assert.deepEqual(await codes({ natsContext: 'c', envFile: false }, { NATS_URL: 'h,i' }), []);
  assert.deepEqual(await codes({ natsContext: 'c', natsUrl: ['h'], envFile: false }), ['settings_mixed_auth']);
  assert.deepEqual(await codes({ natsContext: 'c', natsUrl: ['h:4223,i'], envFile: false }), ['settings_mixed_auth']);
  assert.deepEqual(await codes({ natsContext: 'c' }), ['settings_mixed_auth'], 'a .env file that names it may not');
});

test("a .env file that is named with a flag is the user's own; a context that a .env file chose is its choice", async (t) => {
  const place = testPlace(t);
  place.write('.env', 'NATS_URL=h\n');
  assert.deepEqual((await place.resolve({ envFile: '.env' }, { NATS_TOKEN: 'T' })).problems, []);

  place.context('prod', { url: 'prod', token: 'own' });
  place.write('.env', 'NATS_CONTEXT=prod\n');
  const own = await place.resolve();
  assert.deepEqual(own.problems, []);
  assert.deepEqual(toConnectOptions(own).auth, { token: 'own' }, 'what the context brings goes to its own address');
  const [refusal] = (await place.resolve({}, { NATS_TOKEN: 'T' })).problems;
  assert.match(
    refusal?.message ?? '',
    /which \.env \(\.\/\.env\) NATS_CONTEXT chose, but token from environment NATS_TOKEN/,
  );
  assert.match(refusal?.hint ?? '', /--env-file \.env.*--no-env-file/);
});

test('the refusal names both places and the ways out', async (t) => {
  const place = testPlace(t);
  const path = place.context('prod', { url: 'prod', user: 'u', password: 'hush', token: 'hush' });
  place.select('prod');
  const resolved = await place.resolve({ natsUrl: ['other'] });
  const [refusal] = resolved.problems;
  assert.equal(refusal?.code, 'settings_mixed_auth');
  assert.equal(
    refusal.message,
    `the server address comes from flag --nats-url, but password and token and user from NATS context 'prod' (${path}): they may belong to another bus, so nothing was sent`,
  );
  assert.match(refusal.hint ?? '', /--no-nats-context.*--allow-mixed-auth/);
  assert.throws(() => toConnectOptions(resolved), { code: 'settings_mixed_auth' });
});

test('each kind of credentials is guarded; authorities and less specific leftovers are not', async (t) => {
  const place = testPlace(t);
  place.write('a.creds', CREDS);
  place.write('c.pem', CERTIFICATE);
  place.write('k.pem', PRIVATE_KEY);
  place.write('t', 'T');
  const refused: Record<string, string>[] = [
    { user: 'u', password: 'p' },
    { token: 't' },
    { creds: 'a.creds' },
    { nkey: 'x.nk' },
    { user_jwt: 'eyJ' },
    { cert: 'c.pem', key: 'k.pem' },
  ];
  for (const fields of refused) {
    place.context('c', fields);
    const { problems } = await place.resolve({ natsUrl: ['h'], natsContext: 'c' });
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['settings_mixed_auth'],
      JSON.stringify(fields),
    );
  }
  place.context('c', { ca: 'c.pem', inbox_prefix: 'X', url: 'elsewhere' });
  assert.deepEqual((await place.resolve({ natsUrl: ['h'], natsContext: 'c' })).problems, []);

  // The context's user gives way to the flag's credentials, so nothing of the context travels.
  place.context('c', { user: 'u', password: 'p', url: 'elsewhere' });
  assert.deepEqual((await place.resolve({ natsUrl: ['h'], creds: 'a.creds', natsContext: 'c' })).problems, []);
  // Credentials in the address belong to the address.
  assert.deepEqual((await place.resolve({ natsUrl: ['nats://u:p@h'], natsContext: 'c' })).problems, []);
});

test('half a pair from elsewhere is mixing too', async (t) => {
  const place = testPlace(t);
  place.write('.env', 'NATS_URL=h\nNATS_USER=u\n');
  const { problems } = await place.resolve({}, { NATS_PASSWORD: 'hush' });
  assert.match(problems[0]!.message, /\.env \(\.\/\.env\) NATS_URL, but password from environment NATS_PASSWORD/);
});
