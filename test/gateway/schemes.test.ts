import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { SCHEME_NAMES } from '../../src/config/views/gateway-config/schemes.ts';
import { keysAt } from '../../src/gateway/key-set.ts';
import { openWebhook } from '../../src/gateway/webhook/open.ts';
import type { SchemeSettings, Verdict } from '../../src/gateway/webhook/scheme.ts';
import { VERIFIERS } from '../../src/gateway/webhook/schemes/list.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { GOOGLE_CLAIMS, idToken, SIGNINGS, type Signed, type Signing } from './signed.ts';
import { gatewayConfig } from './start.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const NOW_S = NOW / 1000;
const URL_BASE = 'https://gw.example.com/webhooks/w';

async function judge(signing: Signing, { body, headers, query = '' }: Signed, now = NOW): Promise<Verdict> {
  const [config] = gatewayConfig(`webhooks: {w: {verify: ${signing.verify}}}`).webhooks;
  assert.ok(config !== undefined);
  const source = { env: signing.env, read: (path: string) => signing.files?.[path] ?? '' };
  const { verify } = openWebhook(config, source, createFakeClock({ now }));
  return await verify({ raw: Buffer.from(body), headers, url: URL_BASE + query }, now);
}

test('every scheme signs here, but for the one that verifies nothing', () => {
  const known = new Set(Object.keys(SIGNINGS).map((name) => name.split(' ')[0]));
  assert.deepEqual(
    SCHEME_NAMES.filter((name) => !known.has(name)),
    ['none'],
  );
});

for (const [name, signing] of Object.entries(SIGNINGS)) {
  const signed = signing.sign('d-1', NOW_S, URL_BASE);

  test(`${name}: a delivery signed as its provider documents it is genuine`, async () => {
    assert.equal(await judge(signing, signed), 'genuine');
  });

  test(`${name}: another secret, no proof, half a proof`, async () => {
    const { proof } = signing;
    if (proof === undefined) {
      assert.equal(await judge(signing, { ...signed, body: '{"signature":{}}' }), 'missing_signature');
      assert.equal(await judge(signing, { ...signed, body: 'no JSON' }), 'missing_signature');
    } else {
      const { [proof]: shown = '', ...without } = signed.headers;
      assert.equal(await judge(signing, { ...signed, headers: without }), 'missing_signature');
      for (const half of [shown.slice(0, -1), `${shown}0`]) {
        assert.notEqual(
          await judge(signing, { ...signed, headers: { ...signed.headers, [proof]: half } }),
          'genuine',
          half,
        );
      }
    }
    const others = Object.fromEntries(
      Object.keys(signing.env).map((key) => [key, otherSecret(signing.env[key] ?? '')]),
    );
    if (Object.keys(others).length > 0) {
      assert.equal(await judge({ ...signing, env: others }, signed), 'bad_signature');
    }
  });

  test(`${name}: each character of the proof counts`, async () => {
    const { proof } = signing;
    if (proof === undefined) return;
    const shown = signed.headers[proof] ?? '';
    for (let at = 0; at < shown.length; at += 1) {
      const changed = shown.slice(0, at) + (shown[at] === 'x' ? 'y' : 'x') + shown.slice(at + 1);
      const verdict = await judge(signing, { ...signed, headers: { ...signed.headers, [proof]: changed } });
      // What stands beside the proof in its header (a signature of another version, `v0`, the case of `Bearer`) is none of it.
      const beside = ['v1,AAAA ', ',v0=abc,'].some(
        (text) => shown.indexOf(text) >= 0 && at >= shown.indexOf(text) && at < shown.indexOf(text) + text.length,
      );
      if (!beside) assert.notEqual(verdict, 'genuine', `${at}: ${changed}`);
    }
  });

  test(`${name}: each byte of the body counts, where the body is signed`, async () => {
    if (signing.body === 'unsigned') return;
    const bytes = Buffer.from(signed.body);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(await judge(signing, { ...signed, body: changed.toString('latin1') }), 'bad_signature', String(at));
    }
    assert.equal(await judge(signing, { ...signed, body: `${signed.body} ` }), 'bad_signature');
  });

  test(`${name}: a time too far away, to either side`, async () => {
    if (!signing.timed) return;
    assert.equal(await judge(signing, signed, NOW + 299_000), 'genuine');
    assert.equal(await judge(signing, signed, NOW - 59_000), 'genuine');
    assert.equal(await judge(signing, signed, NOW + 400_000), 'stale_timestamp');
    assert.equal(await judge(signing, signed, NOW - 400_000), 'stale_timestamp');
    for (const [header, value] of Object.entries(signed.headers)) {
      if (value !== String(NOW_S)) continue;
      const moved = { ...signed.headers, [header]: String(NOW_S + 1) };
      assert.equal(await judge(signing, { ...signed, headers: moved }), 'bad_signature', 'the time is signed');
    }
  });
}

function otherSecret(secret: string): string {
  const other = Buffer.from('ffffffffffffffffffffffffffffffff'.slice(0, 32)).toString('base64');
  return secret.startsWith('whsec_') ? `whsec_${other}` : secret.startsWith('whpk_') ? `whpk_${other}` : `${secret}!`;
}

const OPEN: SchemeSettings = {
  called: 'w',
  secrets: [],
  publicKeys: [],
  toleranceS: 300,
  hmac: undefined,
  oidc: undefined,
};

// Facts that the providers publish with their documentation.
test('the published example of GitHub', async () => {
  const verify = VERIFIERS.github.open({ ...OPEN, secrets: ["It's a Secret to Everybody"] });
  const headers = { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' };
  assert.equal(await verify({ raw: Buffer.from('Hello, World!'), headers, url: '' }, 0), 'genuine');
});

test('the published example of Slack', async () => {
  const verify = VERIFIERS.slack.open({ ...OPEN, secrets: ['8f742231b10e8888abcd99yyyzzz85a5'] });
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
  const headers = {
    'x-slack-request-timestamp': '1531420618',
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  };
  assert.equal(await verify({ raw: Buffer.from(body), headers, url: '' }, 1_531_420_618_000), 'genuine');
});

test('the published example of Standard Webhooks', async () => {
  const verify = VERIFIERS['standard-webhooks'].open({ ...OPEN, secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] });
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  assert.equal(
    await verify({ raw: Buffer.from('{"test": 2432232314}'), headers, url: '' }, 1_614_265_330_000),
    'genuine',
  );
});

test('the published example of Twilio', async () => {
  const verify = VERIFIERS.twilio.open({ ...OPEN, secrets: ['12345'] });
  const body = new URLSearchParams({
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  }).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
  };
  const at = (url: string) => verify({ raw: Buffer.from(body), headers, url }, 0);
  assert.equal(await at('https://mycompany.com/myapp.php?foo=1&bar=2'), 'genuine');
  assert.equal(await at('https://mycompany.com:443/myapp.php?foo=1&bar=2'), 'genuine');
  assert.equal(await at('https://mycompany.com/myapp.php?foo=1&bar=3'), 'bad_signature');
});

test('two secrets while one takes the place of the other', async () => {
  const signing = SIGNINGS.stripe as Signing;
  const both = {
    ...signing,
    verify: '{scheme: stripe, secrets: [{env: NEW}, {env: SECRET}]}',
    env: { ...signing.env, NEW: 'the-new-secret-of-some-length' },
  };
  assert.equal(await judge(both, signing.sign('d', NOW_S, URL_BASE)), 'genuine');
});

test('an id token: what is wrong with it, and whether that is a matter of time', async () => {
  const signing = SIGNINGS['google-oidc'] as Signing;
  const good = { ...GOOGLE_CLAIMS, iat: NOW_S, exp: NOW_S + 300 };
  const at = (token: string) => judge(signing, { body: '{}', headers: { authorization: `Bearer ${token}` } });
  assert.equal(await at(idToken(good)), 'genuine');
  assert.equal(await at(idToken({ ...good, aud: ['other', GOOGLE_CLAIMS.aud] })), 'genuine');
  for (const [claims, verdict] of [
    [{ iss: 'https://evil.example.com' }, 'bad_signature'],
    [{ aud: 'other' }, 'bad_signature'],
    [{ email: 'other@example.com' }, 'bad_signature'],
    [{ email_verified: false }, 'bad_signature'],
    [{ exp: NOW_S - 61 }, 'stale_timestamp'],
    [{ exp: 'never' }, 'stale_timestamp'],
    [{ iat: NOW_S + 61 }, 'stale_timestamp'],
    [{ nbf: NOW_S + 61 }, 'stale_timestamp'],
  ] as const) {
    assert.equal(await at(idToken({ ...good, ...claims })), verdict, JSON.stringify(claims));
  }
  assert.equal(await at(idToken(good, { kid: 'k2' })), 'unknown_key');
  assert.equal(await at(idToken(good, { alg: 'none' })), 'bad_signature');
  assert.equal(await at(idToken(good, { alg: 'HS256' })), 'bad_signature');
  assert.equal(await at(`${idToken(good)}.x`), 'bad_signature');
  assert.equal(await at('no-token'), 'bad_signature');
});

test('keys at an address are fetched once, again for a key that is not known, and old ones outlive an outage', async (t) => {
  const clock = createFakeClock();
  let asked = 0;
  let status = 200;
  let keys = [{ kid: 'a', kty: 'RSA' }];
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(status).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const set = keysAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, clock);
  const both = await Promise.all([set.find('a'), set.find('a')]);
  assert.deepEqual([both.map((key) => key?.kid), asked], [['a', 'a'], 1]);
  assert.deepEqual([await set.find('b'), asked], [undefined, 1], 'not at once again');
  keys = [...keys, { kid: 'b', kty: 'RSA' }];
  clock.stall(61_000);
  assert.deepEqual([(await set.find('b'))?.kid, asked], ['b', 2]);
  status = 500;
  clock.stall(3_700_000);
  assert.equal((await set.find('a'))?.kid, 'a');
  await assert.rejects(set.find('c'), { code: 'keys_unavailable', status: 503 });
});
