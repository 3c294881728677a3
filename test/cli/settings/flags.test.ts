import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { declareGroup, readFlags } from '../../../src/cli/flags/group.ts';
import { SETTINGS } from '../../../src/cli/settings/catalog.ts';
import { CONNECTION, type ConnectionFlags } from '../../../src/cli/settings/flags.ts';

function connecting(name = ''): Command {
  const command = new Command(name).exitOverride().configureOutput({ writeErr: () => {} });
  declareGroup(command, CONNECTION);
  return command;
}

function parse(...args: string[]): ConnectionFlags {
  const command = connecting();
  command.option('-x, --other').parse(args, { from: 'user' });
  return readFlags([CONNECTION], command.opts());
}

/** Without the keys that nothing set. */
function set(flags: object): object {
  const unset = new Map(Object.entries(parse()));
  return Object.fromEntries(
    Object.entries(flags).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(unset.get(key))),
  );
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
  const command = connecting('demo');
  const declared = command.options.map(({ long }) => long);
  for (const { flag } of SETTINGS) if (flag) assert.ok(declared.includes(flag), flag);
  for (const forbidden of ['--password', '--token', '--jwt', '--seed']) assert.ok(!declared.includes(forbidden));
  const help = command.helpInformation();
  assert.match(help, /^Options:\n {2}-h, --help/m);
  assert.match(help, /^Connection:\n {2}--nats-url <url>/m);
});
