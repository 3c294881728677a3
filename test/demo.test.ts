import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { COMMANDS } from '../src/cli/commands.ts';
import { inProject, ROOT } from './helpers/root.ts';

const missing = COMMANDS.some(({ name }) => name === 'tail') ? false : 'it needs the command tail';

test('npm run demo shows the main job, step by step, and ends with 0', { skip: missing }, () => {
  const run = spawnSync(process.execPath, [inProject('tools', 'demo.mjs'), '--no-build'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NATS_URL: 'nats://nobody.invalid:1', NATS_CONTEXT: 'nonsense' },
    timeout: 120_000,
  });
  assert.equal(run.status, 0, run.stdout + run.stderr);
  const steps = [
    'heddle-ts dev',
    'heddle-ts validate',
    'heddle-ts preflight',
    'heddle-ts status',
    'heddle-ts submit echo',
    '--trace',
    'webhook-signature: v1,',
    '202 { "accepted": true',
    '401 {',
    '"output": { "event": "order-created", "order": 17 }',
    'heddle-ts tail',
    "rate_limited: tier 'frontier' has no available capacity",
    'nothing left behind',
  ];
  let from = 0;
  for (const step of steps) {
    const at = run.stdout.indexOf(step, from);
    assert.ok(at >= 0, `${step} is missing or out of order in\n${run.stdout}`);
    from = at;
  }
});
