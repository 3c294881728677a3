import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { chooseContext, listContexts } from '../../../src/cli/settings/context.ts';
import { environmentOf } from '../../../src/cli/settings/environment.ts';
import { nodeFiles, type SettingsFiles } from '../../../src/cli/settings/files.ts';
import type { Place } from '../../../src/cli/settings/reference.ts';
import { type TestPlace, testPlace } from './place.ts';

function look(place: TestPlace, env: Record<string, string> = {}): Place {
  return { cwd: place.cwd, home: place.home, platform: process.platform, environment: environmentOf(env) };
}

test('flag, then NATS_CONTEXT, then the selected one, then none', (t) => {
  const place = testPlace(t);
  for (const name of ['flagged', 'variable', 'selected']) place.context(name, { url: `nats://${name}` });
  const chosen = (flag?: string | false, env: Record<string, string> = {}): string | undefined =>
    chooseContext(flag, look(place, env), nodeFiles).context?.fields.get('url');
  assert.equal(chosen(), undefined);
  place.select('selected');
  assert.equal(chosen(), 'nats://selected');
  assert.equal(chosen(undefined, { NATS_CONTEXT: 'variable' }), 'nats://variable');
  assert.equal(chosen(undefined, { NATS_CONTEXT: '' }), 'nats://selected');
  assert.equal(chosen('flagged', { NATS_CONTEXT: 'variable' }), 'nats://flagged');
  assert.equal(chosen(false, { NATS_CONTEXT: 'variable' }), undefined);
  place.select('  ');
  assert.equal(chosen(), undefined);
});

test('XDG_CONFIG_HOME moves the directory; a .env file does not', (t) => {
  const place = testPlace(t);
  place.context('here', { url: 'nats://home' });
  place.write('xdg/nats/context/here.json', '{"url":"nats://xdg"}');
  const xdg = posix.join(place.cwd, 'xdg');
  const url = (environment: ReturnType<typeof environmentOf>): string | undefined =>
    chooseContext('here', { ...look(place), environment }, nodeFiles).context?.fields.get('url');
  assert.equal(url(environmentOf({})), 'nats://home');
  assert.equal(url(environmentOf({ XDG_CONFIG_HOME: xdg })), 'nats://xdg');
  assert.equal(url(environmentOf({ XDG_CONFIG_HOME: 'xdg' })), 'nats://xdg');
  const file = { path: '.env', values: new Map([['XDG_CONFIG_HOME', xdg]]) };
  assert.equal(url(environmentOf({}, file)), 'nats://home');
});

test('on Windows the directory is below the user profile', () => {
  const seen: string[] = [];
  const files: SettingsFiles = {
    read: (path) => {
      seen.push(path);
      return Buffer.from('{"url":"nats://win"}');
    },
    isFile: () => true,
    list: () => [],
    real: (path: string) => path,
  };
  const place = { cwd: 'D:\\work', home: 'C:\\Users\\ann', platform: 'win32', environment: environmentOf({}) };
  assert.equal(chooseContext('prod', place, files).context?.fields.get('url'), 'nats://win');
  chooseContext('sub\\ctx.json', place, files);
  assert.deepEqual(seen, ['C:\\Users\\ann\\.config\\nats\\context\\prod.json', 'D:\\work\\sub\\ctx.json']);
});

test('a name that ends in .json and is there is a file; otherwise it is a name', (t) => {
  const place = testPlace(t);
  place.write('mine.json', '{"url":"nats://file"}');
  place.context('dotted.json', { url: 'nats://name' });
  const choose = (name: string) => chooseContext(name, look(place), nodeFiles);
  assert.equal(choose('mine.json').context?.fields.get('url'), 'nats://file');
  assert.equal(choose('mine.json').context?.name, 'mine');
  assert.equal(choose('./mine.json').context?.fields.get('url'), 'nats://file');
  assert.equal(choose('dotted.json').context?.fields.get('url'), 'nats://name');
  assert.match(choose('./none.json').problems[0]!.message, /context file .*none\.json does not exist/);
});

test('only known text fields count; empty is unset; the rest is left alone', (t) => {
  const place = testPlace(t);
  place.context(
    'c',
    '{"url":"nats://h","user":"","token":null,"description":"d","jetstream_domain":"x","color_scheme":"","tls_first":true,"__proto__":{"user":"evil"},"socks_proxy":"","nsc":"","windows_cert_store":"","windows_ca_certs_match":[]}',
  );
  const { context, problems } = chooseContext('c', look(place), nodeFiles);
  assert.deepEqual([...context!.fields], [['url', 'nats://h']]);
  assert.equal(context!.tlsFirst, true);
  assert.deepEqual(problems, []);
});

test('what cannot be used says what, where and what to do', (t) => {
  const place = testPlace(t);
  const { home } = place;
  place.context('prod', { url: 'nats://prod' });
  place.context('alpha', {});
  place.context('broken', '{"url": "nats://h",\n "password": SECRET }');
  place.context('cut', '{"password": "SECRET"');
  place.context('empty', '');
  place.context('list', '["SECRET"]');
  place.context('text', '"SECRET"');
  place.context('types', { url: 7, password: ['SECRET'], tls_first: 'yes' });
  place.context('socks', { socks_proxy: 'socks5://u:SECRET@h' });
  place.context('nsc', { nsc: 'nsc://op/acc/user' });
  place.context('store', { windows_cert_store: 'user' });
  place.context('huge', `{"description":"${'x'.repeat(1_100_000)}"}`);
  mkdirSync(posix.join(home, '.config', 'nats', 'context', 'dir.json'));
  const cases: [name: string, message: RegExp, hint: RegExp][] = [
    [
      'prodd',
      /^NATS context "prodd" does not exist \(.*prodd\.json\)$/,
      /^Did you mean "prod"\? Contexts: "alpha", "broken",/,
    ],
    ['zzz', /"zzz" does not exist/, /^Contexts: "alpha"/],
    ['../prod', /"\.\.\/prod" is not a name of a NATS context/, /nats context ls/],
    ['a/b', /is not a name/, /nats context ls/],
    ['', /"" is not a name/, /nats context ls/],
    ['a\x1b[2J', /"a\\x1b\[2J" is not a name/, /nats context ls/],
    [
      'broken',
      /^NATS context "broken" \(.*broken\.json\) is not valid JSON(?: at line 2, column \d+)?$/,
      /nats context edit/,
    ],
    ['cut', /"cut" \(.*\) is not valid JSON/, /nats context edit/],
    ['empty', /"empty" \(.*\) is not valid JSON/, /file is empty/],
    ['list', /"list" \(.*\) must hold a JSON object/, /nats context edit/],
    ['text', /must hold a JSON object/, /nats context edit/],
    ['types', /"types" \(.*\): field url must be text/, /^$/],
    ['socks', /field socks_proxy \(a SOCKS proxy\) is not supported/, /--nats-url/],
    ['nsc', /field nsc \(credentials from nsc\) is not supported/, /--creds/],
    ['store', /field windows_cert_store .* is not supported/, /--tls-cert/],
    ['huge', /"huge": .*huge\.json is larger than 1 MiB/, /small/],
    ['dir', /"dir" does not exist/, /Contexts/],
  ];
  for (const [name, message, hint] of cases) {
    const { problems } = chooseContext(name, look(place), nodeFiles);
    const [problem] = problems;
    assert.equal(problem?.code, 'settings_invalid', name);
    assert.match(problem.message, message, name);
    assert.match(problem.hint ?? '', hint, name);
    assert.doesNotMatch(
      JSON.stringify(problems.map((each) => [each.message, each.hint, String(each.cause)])),
      /SECRET/,
    );
  }
  const { problems } = chooseContext('types', look(place), nodeFiles);
  assert.deepEqual(
    problems.map(({ message }) => /field (\w+)/.exec(message)?.[1]),
    ['url', 'password', 'tls_first'],
  );
});

test('the place of a mistake is named by line and column', (t) => {
  const place = testPlace(t);
  place.context('broken', '{\n  "url": "nats://h",\n  "user": "u",,\n}');
  assert.match(chooseContext('broken', look(place), nodeFiles).problems[0]!.message, / at line 3, column 15$/);
});

test('what may not be read says so, also the file that names the selected one', (t) => {
  const place = testPlace(t);
  place.context('locked', {});
  place.select('locked');
  const locked: SettingsFiles = {
    ...nodeFiles,
    read: () => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    },
  };
  const named = chooseContext('locked', look(place), locked).problems[0]!;
  assert.match(named.message, /NATS context "locked": .*locked\.json may not be read \(permission denied\)$/);
  const selected = chooseContext(undefined, look(place), locked).problems[0]!;
  assert.match(selected.message, /which NATS context is selected: .*context\.txt may not be read/);
});

test('no home, no contexts', () => {
  const place = { cwd: '/', home: '', platform: 'linux', environment: environmentOf({}) };
  assert.deepEqual(chooseContext(undefined, place, nodeFiles).problems, []);
  assert.match(chooseContext('x', place, nodeFiles).problems[0]!.message, /no home directory/);
  assert.deepEqual(listContexts(place, nodeFiles), []);
});

test('contexts are listed sorted, other files are not contexts', (t) => {
  const place = testPlace(t);
  assert.deepEqual(listContexts(look(place), nodeFiles), []);
  for (const name of ['b', 'a', 'c.d']) place.context(name, {});
  place.write('../home/.config/nats/context/notes.txt', '');
  assert.deepEqual(listContexts(look(place), nodeFiles), ['a', 'b', 'c.d']);
});
