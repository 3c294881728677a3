import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { toConnectOptions } from '../../../src/cli/settings/connect-options.ts';
import { describeSettings } from '../../../src/cli/settings/describe.ts';
import type { ConnectionFlags } from '../../../src/cli/settings/flags.ts';
import type { ResolvedSettings } from '../../../src/cli/settings/resolve.ts';
import { Secret } from '../../../src/cli/settings/secret.ts';
import { type HeddleError, isHeddleError } from '../../../src/errors.ts';
import { CREDS, SEED, testPlace } from './place.ts';

/** Every secret of this test holds it, so finding it anywhere is a leak. */
const MARK = 'Zq7';
const SECRET = `${MARK}${MARK}`;
/** A seed's alphabet has no lower case; this one is recognised by its own text. */
const LEAK = new RegExp(`${MARK}|A{20}`, 'i');

function everythingPrinted(resolved: ResolvedSettings): string {
  const errors: HeddleError[] = [...resolved.problems];
  try {
    toConnectOptions(resolved);
  } catch (error) {
    assert.ok(isHeddleError(error), inspect(error));
    errors.push(error);
  }
  return [
    JSON.stringify(describeSettings(resolved)),
    JSON.stringify(resolved.warnings),
    JSON.stringify(resolved),
    JSON.stringify([...resolved.settings.values()]),
    inspect(resolved.settings.get('url'), { depth: 9, showHidden: true }),
    inspect(
      [...resolved.settings.values()].filter(({ name }) => name !== 'user'),
      { depth: 9, showHidden: true },
    ),
    ...errors.flatMap((error) => [
      JSON.stringify(error),
      inspect(error, { depth: 9 }),
      error.message,
      error.hint ?? '',
    ]),
  ].join('\n');
}

/** A small generator of its own, so that a failure can be repeated. */
function generator(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  return (choices) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return choices[(state >>> 8) % choices.length]!;
  };
}

const NOTHING = undefined;
const URLS = [
  NOTHING,
  'h',
  `nats://u:${SECRET}@h`,
  `nats://${SECRET}@h`,
  `u:${SECRET}@h,nats://v:${SECRET}@i`,
  `nats://u:${SECRET}@h:99999`,
  `nats://u:${SECRET}@`,
  `nats://u:${SECRET}/x@h`,
  `nats://u:x,${SECRET}@h`,
  `nats://u:${SECRET},x@h`,
  `nats://u:x/${SECRET}#@h`,
  `nats://u:${SECRET}`,
  `nats://u:x@h,u:${SECRET}`,
  `http://u:${SECRET}@h`,
  `ws://${SECRET}@h`,
];
const TEXTS = [
  NOTHING,
  '',
  SECRET,
  `${SECRET}\n`,
  `x ${SECRET}\x1b[2J`,
  `data:;base64,${SECRET}`,
  `data:;base64,${SECRET}!`,
];
const PATHS = [
  NOTHING,
  'good.creds',
  'good.nk',
  'secret.txt',
  'missing',
  '.',
  'env://SECRET_VARIABLE',
  `data:;base64,${SECRET}`,
  SEED,
  SEED.slice(0, -1),
  `${SEED}7`,
  CREDS,
];
const USERS = [NOTHING, 'u'];

test('however settings are combined or broken, nothing printed holds a secret', async (t) => {
  const place = testPlace(t);
  place.write('good.creds', CREDS);
  place.write('good.nk', SEED);
  place.write('secret.txt', SECRET);
  for (let round = 0; round < 600; round++) {
    const pick = generator(round);
    const context = {
      url: pick(URLS),
      user: pick(USERS),
      password: pick([...TEXTS, 7, [SECRET]]),
      token: pick(TEXTS),
      creds: pick(PATHS),
      nkey: pick(PATHS),
      user_jwt: pick(TEXTS),
      user_seed: pick([...TEXTS, SEED]),
      key: pick(PATHS),
      socks_proxy: pick([NOTHING, NOTHING, `socks5://u:${SECRET}@h`]),
    };
    const text = JSON.stringify(context);
    place.context('c', pick([text, text, text, text.slice(0, -1), text.replace(':', ' '), `${text},`]));
    const present = (values: Record<string, string | undefined>): Record<string, string> =>
      Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const env = present({
      SECRET_VARIABLE: SECRET,
      NATS_URL: pick([NOTHING, pick(URLS)]),
      NATS_USER: pick(USERS),
      NATS_PASSWORD: pick(TEXTS),
      NATS_TOKEN: pick(TEXTS),
      NATS_CREDS: pick(PATHS),
      NATS_NKEY: pick(PATHS),
      NATS_JWT: pick(TEXTS),
      NATS_SEED: pick([...TEXTS, SEED]),
    });
    const url = pick(URLS);
    const flags: ConnectionFlags = {
      natsUrl: url === undefined ? undefined : [url],
      natsContext: pick(['c', 'c', false]),
      passwordFile: pick([NOTHING, NOTHING, 'secret.txt', '-', SEED]),
      creds: pick([NOTHING, NOTHING, ...PATHS]),
      nkey: pick([NOTHING, NOTHING, ...PATHS]),
      allowMixedAuth: pick([true, undefined]),
    };
    const printed = everythingPrinted(await place.resolve(flags, env));
    const found = LEAK.exec(printed);
    assert.equal(
      found && printed.slice(Math.max(0, found.index - 200), found.index + 50),
      null,
      `round ${round}: ${inspect({ flags, env, context })}`,
    );
  }
});

test('secrets do not show themselves', () => {
  const secret = new Secret(SECRET);
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { showHidden: true }),
  ];
  for (const text of shown) {
    assert.match(text, /xxxxx/);
    assert.doesNotMatch(text, LEAK);
  }
  assert.deepEqual(Object.keys(secret), []);
  assert.equal(secret.reveal(), SECRET);
});

test('a user without a password may be a token, so it is hidden', async (t) => {
  const place = testPlace(t);
  const user = async (env: Record<string, string>) =>
    describeSettings(await place.resolve({}, env)).find(({ name }) => name === 'user')?.value;
  assert.equal(await user({ NATS_USER: SECRET }), 'xxxxx');
  assert.equal(await user({ NATS_USER: 'ann', NATS_PASSWORD: SECRET }), 'ann');
});
