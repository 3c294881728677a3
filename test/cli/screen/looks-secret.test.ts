import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../../src/cli/flags/duration.ts';
import { looksSecret, quotedValue } from '../../../src/cli/screen/looks-secret.ts';
import { runCli } from '../../helpers/fake-io.ts';

const SECRETS = [
  `ghp_${'a1B2'.repeat(9)}`,
  `github_pat_${'x'.repeat(22)}`,
  'glpat-abcdefghijklmnopqrst',
  'xoxb-1234-abcd',
  'sk-ant-api03-abc',
  'AKIAIOSFODNN7EXAMPLE',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.sig',
  `SU${'A'.repeat(54)}YZ`,
  '-----BEGIN PRIVATE KEY-----',
  'd41d8cd98f00b204e9800998ecf8427e',
  'q9Xb2LmP0aZr7TsW4uYv1NcE',
  '/srv/q9Xb2LmP0aZr7TsW4uYv1NcE',
];
const INNOCENT = [
  '500ms',
  'soon',
  'configs/workers/resize.yaml',
  '6e4c2f6a-0d5b-4b0e-9a57-3a3f7f0c2a11',
  'a-rather-long-name-of-a-worker-type',
  '123456789012345678901234567890',
  'AVERYLONGENVIRONMENTNAMEINCAPITALS',
  'http://localhost:4222/path',
  '/home/Alice/traces-of-2026/out',
  './Recordings/of/may/7/results',
];

test('tokens, keys and seeds are known by their look; names, ids, numbers and paths are not', () => {
  for (const text of SECRETS) assert.equal(quotedValue(text), 'xxxxx', text);
  for (const text of INNOCENT) assert.equal(looksSecret(text), false, text);
});

test('a secret that was put where a duration, a size, a path or an address belongs is not shown', async () => {
  const [secret] = SECRETS as [string];
  assert.throws(() => parseDuration(secret, '--timeout'), { message: '--timeout: xxxxx is not a duration' });
  const runs: [argv: string[], env: Record<string, string>][] = [
    [['status', '--timeout', secret], {}],
    [['status'], { NATS_TIMEOUT: secret }],
    [['status', '--creds', secret], {}],
    [['status'], { NATS_CREDS: secret }],
    [['status', '--nats-url', `nats://${secret}/x`], {}],
    [['tail', '--buffer', secret], {}],
    [['submit', 'echo', '--jsonl', secret], {}],
    [['submit', 'echo', '--payload', `@${secret}`], {}],
    [['preflight', '--serve', secret], {}],
  ];
  for (const [argv, env] of runs) {
    const { code, stdout, stderr } = await runCli(argv, { env: { NATS_URL: 'nats://127.0.0.1:1', ...env } });
    assert.notEqual(code, 0);
    assert.doesNotMatch(stdout + stderr, new RegExp(secret), argv.join(' '));
    assert.match(stdout + stderr, /xxxxx/, argv.join(' '));
  }
});
