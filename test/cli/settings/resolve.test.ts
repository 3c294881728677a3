import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { toConnectOptions } from '../../../src/cli/settings/connect-options.ts';
import { describeSettings } from '../../../src/cli/settings/describe.ts';
import type { ConnectionFlags } from '../../../src/cli/settings/flags.ts';
import type { ResolvedSettings } from '../../../src/cli/settings/resolve.ts';
import { sourceText } from '../../../src/cli/settings/source.ts';
import { CERTIFICATE, CREDS, PRIVATE_KEY, SEED, testPlace } from './place.ts';

function row(resolved: ResolvedSettings, name: string): string {
  const found = describeSettings(resolved).find((each) => each.name === name);
  return found === undefined ? 'unset' : `${found.value} from ${found.source}`;
}

function ids(resolved: ResolvedSettings): string[] {
  return resolved.warnings.map(({ id }) => id).sort();
}

test('nothing set: localhost, five seconds, nobody', async (t) => {
  const resolved = await testPlace(t).resolve();
  assert.deepEqual(describeSettings(resolved), [
    { name: 'url', value: 'nats://localhost:4222', source: 'default', unused: undefined },
    { name: 'timeout', value: '5s', source: 'default', unused: undefined },
  ]);
  assert.deepEqual(toConnectOptions(resolved), {
    servers: ['nats://localhost:4222'],
    auth: undefined,
    tls: undefined,
    timeoutMs: 5000,
    inboxPrefix: undefined,
  });
  assert.deepEqual([resolved.problems, resolved.warnings], [[], []]);
});

test('flag > environment > .env > context > default', async (t) => {
  const place = testPlace(t);
  const path = place.context('prod', { url: 'context:1' });
  place.write('.env', 'NATS_URL=dotenv:1\n');
  const flags = { natsUrl: ['flag:1', 'flag:2'], natsContext: 'prod' };
  const env = { NATS_URL: 'env:1' };
  const cases: [ConnectionFlags, Record<string, string>, string][] = [
    [flags, env, 'nats://flag:1, nats://flag:2 from flag --nats-url'],
    [{ natsContext: 'prod' }, env, 'nats://env:1 from environment NATS_URL'],
    [{ natsContext: 'prod' }, {}, 'nats://dotenv:1 from .env (./.env) NATS_URL'],
    [{ natsContext: 'prod', envFile: false }, {}, `nats://context:1 from NATS context 'prod' (${path})`],
    [{ envFile: false }, {}, 'nats://localhost:4222 from default'],
  ];
  for (const [given, variables, expected] of cases)
    assert.equal(row(await place.resolve(given, variables), 'url'), expected);
});

test('every variable and every context field reaches the connection', async (t) => {
  const place = testPlace(t);
  const creds = place.write('a.creds', CREDS);
  const nkey = place.write('a.nk', `${SEED}\n`);
  const tls = {
    cert: place.write('c.pem', CERTIFICATE),
    key: place.write('k.pem', PRIVATE_KEY),
    ca: place.write('ca.pem', CERTIFICATE),
  };
  const cases: [env: Record<string, string>, context: object, auth: object][] = [
    [
      { NATS_USER: 'u', NATS_PASSWORD: 'p' },
      { user: 'u', password: 'p' },
      { user: 'u', password: 'p', token: undefined },
    ],
    [{ NATS_TOKEN: 't' }, { token: 't' }, { token: 't' }],
    [{ NATS_CREDS: creds }, { creds }, { creds: CREDS.trimEnd(), token: undefined }],
    [{ NATS_NKEY: nkey }, { nkey }, { nkeySeed: SEED, token: undefined }],
    [
      { NATS_JWT: 'eyJ', NATS_SEED: SEED },
      { user_jwt: 'eyJ', user_seed: SEED },
      { jwt: 'eyJ', nkeySeed: SEED, token: undefined },
    ],
    [{ NATS_JWT: 'eyJ' }, { user_jwt: 'eyJ' }, { jwt: 'eyJ', token: undefined }],
    [
      { NATS_CREDS: creds, NATS_TOKEN: 't' },
      { creds, token: 't' },
      { creds: CREDS.trimEnd(), token: 't' },
    ],
  ];
  for (const [env, context, auth] of cases) {
    assert.deepEqual(
      toConnectOptions(await place.resolve({ natsContext: false }, env)).auth,
      auth,
      JSON.stringify(env),
    );
    place.context('c', context);
    assert.deepEqual(toConnectOptions(await place.resolve({ natsContext: 'c' })).auth, auth, JSON.stringify(context));
  }
  const expected = {
    ca: CERTIFICATE.trimEnd(),
    cert: CERTIFICATE.trimEnd(),
    key: PRIVATE_KEY.trimEnd(),
    first: undefined,
    required: true,
  };
  const variables = { NATS_CERT: tls.cert, NATS_KEY: tls.key, NATS_CA: tls.ca, NATS_TIMEOUT: '1m30s' };
  const fromEnvironment = toConnectOptions(await place.resolve({}, variables));
  assert.deepEqual(fromEnvironment.tls, expected);
  assert.equal(fromEnvironment.timeoutMs, 90_000);
  place.context('c', { ...tls, tls_first: true, inbox_prefix: '_MINE.x', url: 'tls://h' });
  const fromContext = toConnectOptions(await place.resolve({ natsContext: 'c' }));
  assert.deepEqual(fromContext.tls, { ...expected, first: true });
  assert.equal(fromContext.inboxPrefix, '_MINE.x');
  assert.deepEqual(fromContext.servers, ['tls://h:4222']);
});

test('every flag reaches the connection', async (t) => {
  const place = testPlace(t);
  place.write('p', 'pass word \n');
  place.write('t', 'tok\r\n');
  place.write('a.creds', CREDS);
  place.write('a.nk', `-----BEGIN USER NKEY SEED-----\n${SEED}\n------END USER NKEY SEED------\n`);
  place.write('c.pem', CERTIFICATE);
  place.write('k.pem', PRIVATE_KEY);
  const options = async (flags: ConnectionFlags) => toConnectOptions(await place.resolve(flags));
  assert.deepEqual((await options({ user: 'u', passwordFile: 'p', tokenFile: 't' })).auth, {
    user: 'u',
    password: 'pass word ',
    token: 'tok',
  });
  assert.deepEqual((await options({ creds: './a.creds' })).auth, { creds: CREDS.trimEnd(), token: undefined });
  assert.deepEqual((await options({ nkey: 'a.nk' })).auth, { nkeySeed: SEED, token: undefined });
  const { tls, timeoutMs, inboxPrefix } = await options({
    tlsCert: 'c.pem',
    tlsKey: 'k.pem',
    tlsCa: 'c.pem',
    tlsFirst: true,
    timeout: '0.5',
    inboxPrefix: 'X',
  });
  assert.deepEqual([tls?.first, tls?.required, timeoutMs, inboxPrefix], [true, true, 500, 'X']);
});

test('exactly one line end is taken off a password file', async (t) => {
  const place = testPlace(t);
  const cases: [file: string, password: string][] = [
    ['p', 'p'],
    ['p\n', 'p'],
    ['p\r\n', 'p'],
    ['p\n\n', 'p\n'],
    [' p ', ' p '],
    ['\ufeffp', 'p'],
  ];
  for (const [text, password] of cases) {
    place.write('p', text);
    assert.equal(
      toConnectOptions(await place.resolve({ user: 'u', passwordFile: 'p' })).auth?.password,
      password,
      JSON.stringify(text),
    );
  }
});

test('in one place: credentials in the address, user, creds, nkey, jwt; the rest is not used, and says so', async (t) => {
  const place = testPlace(t);
  const creds = place.write('a.creds', CREDS);
  const nkey = place.write('a.nk', SEED);
  const order: [field: string, value: string, method: string][] = [
    ['url', 'nats://u:p@h', 'url'],
    ['user', 'u', 'user'],
    ['creds', creds, 'creds'],
    ['nkey', nkey, 'nkey'],
    ['user_jwt', 'eyJ', 'jwt'],
  ];
  for (let from = 0; from < order.length; from++) {
    place.context('c', Object.fromEntries(order.slice(from).map(([field, value]) => [field, value])));
    const resolved = await place.resolve({ natsContext: 'c' });
    assert.equal(resolved.method, order[from]![2]);
    const unused = describeSettings(resolved).filter((each) => each.unused !== undefined);
    assert.equal(unused.length, order.length - 1 - Math.max(from, 0), order[from]![0]);
    assert.equal(ids(resolved).filter((id) => id.startsWith('unused_')).length, unused.length);
    assert.equal(toConnectOptions(resolved).auth?.creds !== undefined, order[from]![0] === 'creds');
  }
});

test('the more specific place decides, whatever the method', async (t) => {
  const place = testPlace(t);
  place.write('a.creds', CREDS);
  place.context('c', { user: 'alice', password: 'pa' });
  place.select('c');
  const resolved = await place.resolve({ creds: 'a.creds' });
  assert.equal(resolved.method, 'creds');
  assert.deepEqual(toConnectOptions(resolved).auth, { creds: CREDS.trimEnd(), token: undefined });
  assert.deepEqual(ids(resolved), []);
});

test('a password is never tried with another user', async (t) => {
  const place = testPlace(t);
  place.context('c', { user: 'alice', password: 'alices' });
  place.select('c');
  const cases: [ConnectionFlags, Record<string, string>, password: string | undefined, warnings: string[]][] = [
    [{}, {}, 'alices', []],
    [{ user: 'bob' }, {}, undefined, ['user_without_password']],
    [{ user: 'alice' }, {}, 'alices', []],
    [{ user: 'bob' }, { NATS_PASSWORD: 'bobs' }, 'bobs', []],
    [{ user: 'bob' }, { NATS_USER: 'carl', NATS_PASSWORD: 'carls' }, undefined, ['user_without_password']],
    [{ user: 'alice' }, { NATS_USER: 'carl', NATS_PASSWORD: 'carls' }, 'alices', []],
    [{}, { NATS_PASSWORD: 'newer' }, 'newer', []],
    [{}, { NATS_USER: 'carl', NATS_PASSWORD: 'carls' }, 'carls', []],
  ];
  for (const [flags, env, password, warnings] of cases) {
    const resolved = await place.resolve(flags, env);
    assert.equal(toConnectOptions(resolved).auth?.password, password, JSON.stringify([flags, env]));
    assert.deepEqual(ids(resolved), warnings, JSON.stringify([flags, env]));
  }
});

test('lonely halves are said', async (t) => {
  const place = testPlace(t);
  place.write('c.pem', CERTIFICATE);
  place.write('k.pem', PRIVATE_KEY);
  const warned: [Record<string, string>, string[]][] = [
    [{ NATS_USER: 'u' }, ['user_without_password']],
    [{ NATS_PASSWORD: 'p' }, ['unused_password']],
    [{ NATS_SEED: SEED }, ['unused_seed']],
    [{ NATS_SOCKS_PROXY: 'h:1' }, ['socks_proxy']],
  ];
  for (const [env, expected] of warned) assert.deepEqual(ids(await place.resolve({}, env)), expected);
  for (const [flags, missing] of [
    [{ tlsCert: 'c.pem' }, /private key is missing/],
    [{ tlsKey: 'k.pem' }, /certificate is missing/],
  ] as const) {
    const { problems } = await place.resolve(flags);
    assert.match(problems[0]!.message, missing);
  }
});

test('credentials in an address work, are hidden, and are warned of once', async (t) => {
  const place = testPlace(t);
  const resolved = await place.resolve({ natsUrl: ['nats://u:hush@a,nats://tok@b', 'c'] });
  assert.equal(resolved.method, 'url');
  assert.deepEqual(toConnectOptions(resolved).servers, ['nats://u:hush@a:4222', 'nats://tok@b:4222', 'nats://c:4222']);
  assert.equal(row(resolved, 'url'), 'nats://u:xxxxx@a:4222, nats://xxxxx@b:4222, nats://c:4222 from flag --nats-url');
  assert.deepEqual(ids(resolved), ['credentials_in_url']);
});

test('more specific credentials replace those in the address, which then do not travel', async (t) => {
  const place = testPlace(t);
  place.write('a.creds', CREDS);
  place.write('t', 'tok');
  const env = { NATS_URL: 'nats://u:hush@h' };
  const withCreds = await place.resolve({ creds: 'a.creds' }, env);
  assert.deepEqual(toConnectOptions(withCreds).servers, ['nats://h:4222']);
  assert.deepEqual(ids(withCreds), ['credentials_in_url', 'unused_url_credentials']);
  const withToken = await place.resolve({ tokenFile: 't' }, env);
  assert.deepEqual(toConnectOptions(withToken).auth, { token: 'tok' });
  assert.deepEqual(toConnectOptions(withToken).servers, ['nats://h:4222']);
});

test('a selected context must work when it decides where to connect, else it is a warning; a named one must work', async (t) => {
  const place = testPlace(t);
  place.select('gone');
  const needed = await place.resolve();
  assert.match(needed.problems[0]!.message, /"gone", which is the selected one, does not exist/);
  assert.match(needed.problems[0]!.hint ?? '', /--no-nats-context/);
  assert.throws(() => toConnectOptions(needed), /selected one/);

  const unneeded = await place.resolve({ natsUrl: ['h'] });
  assert.deepEqual([unneeded.problems, ids(unneeded)], [[], ['context_ignored']]);
  assert.deepEqual((await place.resolve({ natsContext: false })).problems, []);
  assert.equal((await place.resolve({ natsContext: 'gone', natsUrl: ['h'] })).problems.length, 1);
  assert.equal((await place.resolve({ natsUrl: ['h'] }, { NATS_CONTEXT: 'gone' })).problems.length, 1);

  place.context('gone', { socks_proxy: 'h:1', url: 'x' });
  assert.match((await place.resolve()).problems[0]!.message, /socks_proxy/);
  assert.equal(
    row(await place.resolve(), 'context'),
    `gone from selected in ${join(place.home, '.config', 'nats', 'context.txt')}`,
  );
});

test('a named context whose address is overridden by the environment says so', async (t) => {
  const place = testPlace(t);
  place.context('prod', { url: 'prod' });
  assert.deepEqual(ids(await place.resolve({ natsContext: 'prod' }, { NATS_URL: 'dev' })), ['context_url_overridden']);
  assert.deepEqual(ids(await place.resolve({ natsContext: 'prod', natsUrl: ['dev'] })), []);
  assert.deepEqual(ids(await place.resolve({ natsContext: 'prod' })), []);
});

test('paths: ~ and $VAR, references, and the material itself', async (t) => {
  const place = testPlace(t);
  place.write('sub/a.creds', CREDS);
  place.write('../home/h.creds', CREDS);
  const base64 = Buffer.from(CREDS).toString('base64');
  const env = { DIR: join(place.cwd, 'sub'), CREDS_TEXT: CREDS, HALF: 'su' };
  const works: [creds: string, shown: RegExp][] = [
    ['sub/a.creds', /sub.a\.creds$/],
    ['$DIR/a.creds', /sub.a\.creds$/],
    ['$' + '{HALF}b/a.creds', /sub.a\.creds$/],
    ['~/h.creds', /home.h\.creds$/],
    [`file://${join(place.cwd, 'sub', 'a.creds')}`, /sub.a\.creds$/],
    ['file://~/h.creds', /home.h\.creds$/],
    ['env://CREDS_TEXT', /^xxxxx \(env:\/\/CREDS_TEXT\)$/],
    [`data:;base64,${base64}`, /^xxxxx \(data:\)$/],
    [`data:text/plain;base64,${base64}`, /^xxxxx \(data:\)$/],
    [CREDS, /^xxxxx$/],
  ];
  for (const [creds, shown] of works) {
    place.context('c', { creds });
    for (const resolved of [
      await place.resolve({ natsContext: 'c' }, env),
      await place.resolve({}, { ...env, NATS_CREDS: creds }),
    ]) {
      assert.deepEqual(resolved.problems, [], creds);
      assert.equal(toConnectOptions(resolved).auth?.creds?.trim(), CREDS.trim(), creds);
      assert.match(row(resolved, 'creds').split(' from ')[0]!, shown);
    }
  }
  const fails: [creds: string, problem: RegExp][] = [
    ['$NOWHERE/a.creds', /uses \$NOWHERE, which is not set/],
    ['env://NOWHERE', /env:\/\/NOWHERE names a variable that is not set/],
    ['op://vault/item', /op:\/\/ is not supported/],
    ['nsc://op/acc/user', /nsc:\/\/ is not supported/],
    ['data:;base64,SEC*RET', /not valid base64/],
    ['data:,SECRET', /must be base64/],
    ['data:;base64,/////w==', /not UTF-8/],
    ['missing.creds', /missing\.creds does not exist/],
    ['sub', /sub is a directory/],
    ['env://HALF', /not a NATS credentials file/],
  ];
  for (const [creds, problem] of fails) {
    place.context('c', { creds });
    const resolved = await place.resolve({ natsContext: 'c' }, env);
    assert.throws(
      () => toConnectOptions(resolved),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'settings_invalid');
        assert.match(error.message, problem);
        assert.match(error.message, /NATS context 'c' \(.*c\.json\), field creds/);
        assert.doesNotMatch(error.message, /SEC/);
        return true;
      },
      creds,
    );
  }
});

test('secrets in contexts may be references; in the environment they are literal', async (t) => {
  const place = testPlace(t);
  const file = place.write('p', 'from file\n');
  const env = { PW: 'from variable' };
  const cases: [password: string, fromContext: string][] = [
    ['plain', 'plain'],
    ['$PW', '$PW'],
    ['~x', '~x'],
    ['env://PW', 'from variable'],
    [`file://${file}`, 'from file'],
    [`data:;base64,${Buffer.from('inline').toString('base64')}`, 'inline'],
    ['data: not a reference', 'data: not a reference'],
  ];
  for (const [password, expected] of cases) {
    place.context('c', { user: 'u', password });
    assert.equal(toConnectOptions(await place.resolve({ natsContext: 'c' }, env)).auth?.password, expected, password);
    const literal = await place.resolve({ natsContext: false }, { ...env, NATS_USER: 'u', NATS_PASSWORD: password });
    assert.equal(toConnectOptions(literal).auth?.password, password);
  }
});

test('bad values name their place; flags are usage errors', async (t) => {
  const place = testPlace(t);
  place.write('.env', 'NATS_TIMEOUT=soon\n');
  const cases: [ConnectionFlags, Record<string, string>, code: string, message: RegExp][] = [
    [{ timeout: '5x' }, {}, 'usage', /^flag --timeout: "5x" is not a duration$/],
    [{ timeout: '0' }, {}, 'usage', /leaves no time/],
    [{ timeout: '-1s' }, {}, 'usage', /is negative/],
    [{}, { NATS_TIMEOUT: 'soon' }, 'settings_invalid', /^environment NATS_TIMEOUT: "soon"/],
    [{}, {}, 'settings_invalid', /^\.env \(\.\/\.env\) NATS_TIMEOUT: "soon"/],
    [{ natsUrl: ['http://x'] }, {}, 'usage', /^flag --nats-url: "http:\/\/x" is not a server address: the scheme/],
    [{ natsUrl: [''] }, {}, 'usage', /names no server/],
    [{}, { NATS_URL: 'h:bad' }, 'settings_invalid', /^environment NATS_URL: "h:xxxxx"/],
    [{ creds: '' }, {}, 'usage', /^flag --creds: it is empty$/],
    [{ user: '' }, {}, 'usage', /^flag --user: it is empty$/],
    [{ user: 'u', passwordFile: '-' }, {}, 'usage', /^--password-file: secrets are not read from stdin$/],
    [{ tokenFile: '-' }, {}, 'usage', /--token-file: secrets are not read from stdin/],
    [{ nkey: SEED }, {}, 'usage', /^flag --nkey: it was given the secret itself/],
    [{ creds: 'data:;base64,AAAA' }, {}, 'usage', /given the secret itself/],
    [{ inboxPrefix: 'a.*' }, {}, 'usage', /^flag --inbox-prefix: "a\.\*" is not a subject/],
    [{ inboxPrefix: 'a..b' }, {}, 'usage', /not a subject/],
  ];
  for (const [flags, env, code, message] of cases) {
    const { problems } = await place.resolve(flags, env);
    assert.equal(problems[0]?.code, code, JSON.stringify([flags, env]));
    assert.match(problems[0].message, message);
  }
});

test('odd files behind good paths', async (t) => {
  const place = testPlace(t);
  const files: [name: string, content: string | Uint8Array][] = [
    ['empty', ''],
    ['blank', '\n\n'],
    ['huge', 'x'.repeat(1_100_000)],
    ['binary', Uint8Array.from([0xc3, 0x28])],
    ['public.nk', `U${'A'.repeat(55)}\n`],
    ['words', 'hello'],
  ];
  for (const [name, content] of files) place.write(name, content);
  place.write('c.pem', CERTIFICATE);
  const cases: [ConnectionFlags, RegExp][] = [
    [{ user: 'u', passwordFile: 'empty' }, /flag --password-file: .*empty is empty/],
    [{ tokenFile: 'blank' }, /flag --token-file: .*blank is empty/],
    [{ creds: 'huge' }, /the file of flag --creds: .*huge is larger than 1 MiB/],
    [{ creds: 'binary' }, /binary is not UTF-8 text/],
    [{ creds: 'words' }, /words is not a NATS credentials file/],
    [{ nkey: 'public.nk' }, /public\.nk holds a public key/],
    [{ nkey: 'words' }, /words holds no user nkey seed/],
    [{ tlsCa: 'words' }, /words holds no PEM block "CERTIFICATE"/],
    [{ tlsCert: 'c.pem', tlsKey: 'c.pem' }, /flag --tls-key: .*c\.pem holds no PEM block "PRIVATE KEY"/],
    [{ tlsCa: 'nul\0' }, /nul\\x00 is not a path/],
  ];
  for (const [flags, message] of cases) {
    const resolved = await place.resolve(flags);
    assert.throws(
      () => toConnectOptions(resolved),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'settings_invalid', JSON.stringify(flags));
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('what is not used cannot stop a connection', async (t) => {
  const place = testPlace(t);
  place.context('c', { user: 'u', password: 'p', creds: 'op://vault/item', nkey: '$NOWHERE' });
  const resolved = await place.resolve({ natsContext: 'c' });
  assert.equal(toConnectOptions(resolved).auth?.user, 'u');
  assert.equal(row(resolved, 'creds').split(' from ')[0], 'xxxxx');
});

test('where a value came from is known for any variable', async (t) => {
  const place = testPlace(t);
  place.write('.env', 'ANTHROPIC_API_KEY=k\nHEDDLE_OUTPUT=json\n');
  const { environment } = await place.resolve({}, { HEDDLE_OUTPUT: 'human' });
  assert.equal(sourceText(environment.get('ANTHROPIC_API_KEY')!.source), '.env (./.env) ANTHROPIC_API_KEY');
  assert.equal(environment.get('HEDDLE_OUTPUT')?.value, 'human');
});
