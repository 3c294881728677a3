import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../src/transport/nats/address.ts';
import { credentialsFor, credentialsOf } from '../../src/transport/nats/auth.ts';
import { nkeyFromSeed } from '../../src/transport/nats/nkey.ts';
import { newOperator, nkeys } from './nats-operator.ts';

test('an nkey of ours is the one of the official package: same public key, same signature', () => {
  for (const make of [nkeys.createUser, nkeys.createAccount, nkeys.createOperator]) {
    for (let round = 0; round < 20; round += 1) {
      const theirs = make();
      const ours = nkeyFromSeed(Buffer.from(theirs.getSeed()).toString('ascii'));
      assert.equal(ours?.publicKey, theirs.getPublicKey());
      const nonce = `nonce-${round}`;
      assert.equal(ours.sign(nonce), Buffer.from(theirs.sign(Buffer.from(nonce))).toString('base64'));
    }
  }
});

test('what is no seed is none, and throws nothing that could carry it', () => {
  const pair = nkeys.createUser();
  const seed = Buffer.from(pair.getSeed()).toString('ascii');
  const damaged = `${seed.slice(0, 20)}${seed[20] === 'A' ? 'B' : 'A'}${seed.slice(21)}`;
  for (const text of [
    '',
    'SU',
    seed.slice(0, -1),
    `${seed}A`,
    seed.toLowerCase(),
    damaged,
    pair.getPublicKey(),
    '1'.repeat(58),
  ]) {
    assert.equal(nkeyFromSeed(text), undefined, text);
  }
  assert.notEqual(nkeyFromSeed(`\n ${seed} \n`), undefined);
});

test('which credentials are said, in the order of the nats CLI, and every secret of them is known', async () => {
  const operator = newOperator();
  const { creds, jwt, seed } = operator.user({ expiresIn: 1000 });
  const cases: readonly [string, Parameters<typeof credentialsOf>[0], readonly string[], readonly string[]][] = [
    ['nothing', undefined, [], []],
    ['empty texts are nothing', { user: '', password: '', token: '', creds: '', jwt: '', nkeySeed: '' }, [], []],
    ['user', { user: 'ada', password: 'pw', creds, jwt, nkeySeed: seed }, ['user', 'pass'], ['pw']],
    ['user without password', { user: 'ada' }, ['user', 'pass'], []],
    ['creds', { creds, jwt: 'other', nkeySeed: 'other' }, ['jwt', 'nkey', 'sig'], [jwt, seed]],
    ['nkey', { nkeySeed: seed }, ['nkey', 'sig'], [seed]],
    ['JWT and seed', { nkeySeed: seed, jwt }, ['jwt', 'nkey', 'sig'], [jwt, seed]],
    ['JWT', { jwt }, ['jwt', 'nkey', 'sig'], [jwt]],
    ['token', { token: 't' }, ['auth_token'], ['t']],
    ['token in addition', { user: 'ada', password: 'pw', token: 't' }, ['user', 'pass', 'auth_token'], ['pw', 't']],
  ];
  for (const [name, auth, fields, secrets] of cases) {
    const credentials = await credentialsOf(auth);
    assert.deepEqual(Object.keys(credentials.answer('nonce') ?? {}), fields, name);
    assert.deepEqual(credentials.secrets, secrets, name);
    assert.equal(credentials.described === undefined, fields.length === 0, name);
    for (const secret of secrets) assert.ok(!credentials.described?.split(/["\s]/).includes(secret), name);
    const expires = fields.includes('jwt');
    assert.equal(typeof credentials.expiresAt, expires ? 'number' : 'undefined', name);
  }
});

test('what a URL says of a server goes before what is said for all', async () => {
  const general = await credentialsOf({ user: 'general', password: 'pw' });
  assert.equal(credentialsFor(parseAddress('bus'), general), general);
  assert.deepEqual(credentialsFor(parseAddress('ada:own@bus'), general).answer(undefined), {
    user: 'ada',
    pass: 'own',
  });
  assert.deepEqual(credentialsFor(parseAddress('own@bus'), general).answer(undefined), { auth_token: 'own' });
});

test('a hostile expiry is no date and no crash', async () => {
  const jwtWith = (exp: unknown) => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.sig`;
  for (const exp of [1e300, -1, 'soon', null, {}, Number.MAX_SAFE_INTEGER]) {
    assert.equal((await credentialsOf({ jwt: jwtWith(exp) })).expiresAt, undefined, String(exp));
  }
  assert.equal((await credentialsOf({ jwt: jwtWith(1_700_000_000) })).expiresAt, 1_700_000_000_000);
});
