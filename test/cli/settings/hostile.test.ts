import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { toConnectOptions } from '../../../src/cli/settings/connect-options.ts';
import { CREDS, SEED, testPlace } from './place.ts';

// What came with the working directory (a clone, an archive) may be written by anybody.

const SECRETS = { GITHUB_TOKEN: 'ghp_of_the_environment', AWS: 'elsewhere' };

test('a .env file names no context by path, and says where contexts come from', async (t) => {
  const place = testPlace(t);
  place.context('prod', { url: 'prod' });
  place.write('x.json', '{"url":"nats://elsewhere","token":"env://GITHUB_TOKEN"}');
  place.write('prod.json', '{"url":"nats://elsewhere"}');
  for (const name of ['./x.json', 'x.json', 'sub/../x.json', join(place.cwd, 'x.json'), '~/x.json', '../x']) {
    place.write('.env', `NATS_CONTEXT=${name}\n`);
    const { problems, settings } = await place.resolve({}, SECRETS);
    assert.equal(problems.length, 1, name);
    assert.equal(settings.get('token'), undefined, name);
    assert.match(problems[0]!.message, /NATS_CONTEXT|does not exist/, name);
  }
  place.write('.env', 'NATS_CONTEXT=./x.json\n');
  const [problem] = (await place.resolve({}, SECRETS)).problems;
  assert.match(
    problem!.message,
    /^\.env \(\.\/\.env\) NATS_CONTEXT: "\.\/x\.json" is not a name of a NATS context; a \.env file chooses/,
  );

  place.write('.env', 'NATS_CONTEXT=prod\n');
  const url = (await place.resolve()).settings.get('url');
  assert.equal(url?.value.kind === 'servers' && url.value.servers[0]?.host, 'prod', "the user's own, by its name");
});

test('a .env file gets nothing from outside its directory', async (t) => {
  const place = testPlace(t);
  const key = join(dirname(place.cwd), 'id_ed25519');
  writeFileSync(key, CREDS);
  symlinkSync(key, join(place.cwd, 'linked.creds'));
  symlinkSync(dirname(place.cwd), join(place.cwd, 'up'));
  place.write('inside.creds', CREDS);
  for (const variable of ['NATS_CREDS', 'NATS_NKEY', 'NATS_CA']) {
    for (const path of [
      '~/x',
      key,
      '../id_ed25519',
      'file://../id_ed25519',
      `file://${key}`,
      'env://GITHUB_TOKEN',
      '$AWS/x',
      'a/../../id_ed25519',
    ]) {
      place.write('.env', `NATS_URL=elsewhere\n${variable}=${path}\n`);
      const { problems } = await place.resolve({}, SECRETS);
      assert.match(
        problems[0]?.message ?? '',
        /a file of the working directory gets nothing from outside it/,
        `${variable}=${path}`,
      );
      assert.match(problems[0]?.hint ?? '', /--env-file \.\/\.env/);
      assert.doesNotMatch(JSON.stringify(problems), /ghp_of/);
    }
  }
  for (const link of ['linked.creds', 'up/id_ed25519']) {
    place.write('.env', `NATS_URL=elsewhere\nNATS_CREDS=${link}\n`);
    const resolved = await place.resolve();
    assert.throws(() => toConnectOptions(resolved), /leads outside the working directory/, link);
  }
  place.write('.env', 'NATS_URL=elsewhere\nNATS_CREDS=inside.creds\n');
  assert.deepEqual(toConnectOptions(await place.resolve()).auth, { creds: CREDS.trimEnd(), token: undefined });
  place.write('.env', `NATS_URL=elsewhere\nNATS_CREDS=${key}\n`);
  assert.deepEqual(
    toConnectOptions(await place.resolve({ envFile: '.env' })).auth,
    { creds: CREDS.trimEnd(), token: undefined },
    'named with a flag, it is trusted',
  );
});

test("a context file of the working directory gets nothing from outside it; one of the user's own does", async (t) => {
  const place = testPlace(t);
  writeFileSync(join(place.home, 'seed'), SEED);
  const reaching = { url: 'elsewhere', nkey: '~/seed' };
  const local = place.write('sub/x.json', JSON.stringify(reaching));
  for (const natsContext of ['sub/x.json', local]) {
    const [problem] = (await place.resolve({ natsContext })).problems;
    assert.match(problem?.message ?? '', /field nkey: a file of the working directory gets nothing from outside it/);
    assert.match(problem?.hint ?? '', /your own folder of contexts/);
  }
  for (const token of ['env://GITHUB_TOKEN', 'file://~/seed', 'file:///etc/passwd', 'op://vault/x']) {
    place.write('sub/x.json', JSON.stringify({ url: 'elsewhere', token }));
    assert.equal((await place.resolve({ natsContext: 'sub/x.json' }, SECRETS)).problems.length, 1, token);
  }
  place.context('mine', { ...reaching, token: 'env://GITHUB_TOKEN' });
  assert.deepEqual(toConnectOptions(await place.resolve({ natsContext: 'mine' }, SECRETS)).auth, {
    nkeySeed: SEED,
    token: SECRETS.GITHUB_TOKEN,
  });
});
