import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { SETTINGS } from '../../../src/cli/settings/catalog.ts';
import { declareConnectionOptions, readConnectionFlags } from '../../../src/cli/settings/flags.ts';

function parse(...args: string[]): ReturnType<typeof readConnectionFlags> {
  const command = declareConnectionOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
  command.option('-x, --other').parse(args, { from: 'user' });
  return readConnectionFlags(command.opts());
}

/** Without the keys that nothing set. */
function set(flags: object): object {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}

test('what was written is what is read', () => {
  const cases: [args: string[], expected: object][] = [
    [[], {}],
    [['--nats-url', 'a', '--nats-url', 'b,c'], { natsUrl: ['a', 'b,c'] }],
    [['--nats-context', 'prod'], { natsContext: 'prod' }],
    [['--no-nats-context'], { natsContext: false }],
    [['--env-file', 'x'], { envFile: 'x' }],
    [['--no-env-file'], { envFile: false }],
    [['--tls-first', '--allow-mixed-auth'], { tlsFirst: true, allowMixedAuth: true }],
    [['--user', 'u', '--password-file', 'p', '--token-file', 't'], { user: 'u', passwordFile: 'p', tokenFile: 't' }],
    [['--creds', 'c', '--nkey', 'n'], { creds: 'c', nkey: 'n' }],
    [['--tls-cert', 'c', '--tls-key', 'k', '--tls-ca', 'a'], { tlsCert: 'c', tlsKey: 'k', tlsCa: 'a' }],
    [['--inbox-prefix', 'i', '--timeout', '2s'], { inboxPrefix: 'i', timeout: '2s' }],
    [['--nats-url='], { natsUrl: [''] }],
  ];
  for (const [args, expected] of cases) assert.deepEqual(set(parse(...args)), expected, args.join(' '));
});

test('two commands do not share a list', () => {
  parse('--nats-url', 'a');
  assert.deepEqual(parse('--nats-url', 'b').natsUrl, ['b']);
});

test('every flag of the catalogue is declared, no flag takes the text of a secret, and help groups them', () => {
  const command = declareConnectionOptions(new Command('demo'));
  const declared = command.options.map(({ long }) => long);
  for (const { flag } of SETTINGS) if (flag) assert.ok(declared.includes(flag), flag);
  for (const forbidden of ['--password', '--token', '--jwt', '--seed']) assert.ok(!declared.includes(forbidden));
  const help = command.helpInformation();
  assert.match(help, /^Options:\n {2}-h, --help/m);
  assert.match(help, /^Connection:\n {2}--nats-url <url>/m);
});

test('a command keeps a flag of its own', () => {
  const command = declareConnectionOptions(new Command(), { omit: ['--timeout'] });
  assert.ok(!command.options.some(({ long }) => long === '--timeout'));
  command.option('--timeout <duration>', 'deadline of the whole run').parse(['--timeout', '3s'], { from: 'user' });
  assert.equal(readConnectionFlags(command.opts()).timeout, '3s');
});
