import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../helpers/fake-io.ts';

test('settings that cannot be used: nothing was dialled, so nothing of the server is said to be well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-unusable-'));
  const file = join(folder, 'both.pem');
  const block = (name: string): string => `-----BEGIN ${name}-----\nAAAA\n-----END ${name}-----\n`;
  writeFileSync(file, block('CERTIFICATE') + block('PRIVATE KEY'));
  const argv = ['preflight', '-o', 'json', '--nats-url', '127.0.0.1:1', '--tls-cert', file, '--tls-key', file];
  const { stdout } = await runCli(argv);
  rmSync(folder, { recursive: true });
  const checks = JSON.parse(stdout).checks as { check: string; status: string; problem?: string }[];
  const connection = checks.filter(({ check }) => check.startsWith('connection.'));
  assert.deepEqual(
    connection.filter(({ status }) => status === 'passed'),
    [],
  );
  assert.equal(connection.filter(({ status }) => status === 'failed').length, 1);
});
