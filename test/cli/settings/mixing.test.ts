import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toConnectOptions } from '../../../src/cli/settings/connect-options.ts';
import { CERTIFICATE, CREDS, PRIVATE_KEY, testPlace } from './place.ts';

const PLACES = ['flag', 'environment', '.env', 'context', 'default'] as const;

test('an address more specific than the credentials is refused, in every combination of places', async (t) => {
  const place = testPlace(t);
  place.write('token', 'T');
  for (const url of PLACES) {
    for (const credentials of PLACES.slice(0, -1)) {
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
      const refused = PLACES.indexOf(url) < PLACES.indexOf(credentials);

      const { problems } = await place.resolve(flags, env);
      assert.deepEqual(
        problems.map(({ code }) => code),
        refused ? ['settings_mixed_auth'] : [],
        label,
      );
      const allowed = await place.resolve({ ...flags, allowMixedAuth: true }, env);
      assert.deepEqual(allowed.problems, [], label);
      assert.deepEqual(toConnectOptions(allowed).auth, { token: 'T' }, label);
    }
  }
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
  const { problems } = await place.resolve({ natsUrl: ['h'], user: 'u' }, { NATS_PASSWORD: 'hush' });
  assert.match(problems[0]!.message, /flag --nats-url, but password from environment NATS_PASSWORD/);
});
