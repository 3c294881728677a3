import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { noLeaks } from '../helpers/leaks.ts';
import { startProgram } from '../helpers/program.ts';
import { busFor } from '../submit/actors.ts';

// A pattern that is stopped over each of many messages: each alone is soon given up, all together would take for ever.

noLeaks();

const EVIL = '^(a+)+$';
const PAYLOAD = { text: `${'a'.repeat(40)}!` };
const MESSAGES = 400;

function folder(t: TestContext): string {
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-patterns-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  const schema = `{type: object, properties: {text: {type: string, pattern: "${EVIL}"}}}`;
  writeFileSync(join(cwd, 'evil.yaml'), `name: evil\nworker_kind: processor\ninput_schema: ${schema}\n`);
  const message = {
    task_id: 't-1',
    parent_task_id: null,
    worker_type: 'evil',
    payload: PAYLOAD,
    model_tier: 'standard',
    priority: 'normal',
    created_at: '2026-01-01T00:00:00Z',
    request_id: null,
    metadata: {},
  };
  const record = JSON.stringify({ subject: 'heddle.tasks.incoming', message });
  writeFileSync(join(cwd, 'r.ndjson'), `${record}\n`.repeat(MESSAGES));
  writeFileSync(join(cwd, 'many.jsonl'), `${JSON.stringify(PAYLOAD)}\n`.repeat(MESSAGES));
  return cwd;
}

/** How it ended, and how long that took after the signal. */
async function interrupted(t: TestContext, argv: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const program = startProgram(t, argv, { cwd, env });
  await pause(2_000);
  const at = performance.now();
  program.kill('SIGTERM');
  const late = setTimeout(() => program.kill('SIGKILL'), 15_000);
  const code = await program.ended;
  clearTimeout(late);
  return { code, afterMs: performance.now() - at, stderr: program.stderr() };
}

for (const flags of [
  ['--where', `payload.text~${EVIL}`],
  ['--exclude', '(a+)+$'],
  ['--until', `payload.text~${EVIL}`],
  ['--lint', '--config', 'evil.yaml'],
  ['--highlight', '(a+)+$', '--wide', '--color', 'always'],
]) {
  test(`tail --from a recording ${flags.join(' ')}: a signal is heard, and what was not judged is counted`, async (t) => {
    const argv = ['tail', '--from', 'r.ndjson', ...flags];
    const { code, afterMs, stderr } = await interrupted(t, argv, folder(t));
    assert.equal(code, 143, stderr);
    assert.ok(afterMs < 8_000, `${afterMs} ms`);
    if (flags[0] !== '--highlight')
      assert.match(stderr, /took too long after the signal: \d+ messages that had come dropped/);
  });
}

test('tail on a bus: a signal is heard while a pattern is slow', async (t) => {
  const bus = await busFor(t);
  const sender = await bus.connect();
  const argv = ['tail', '--all', '--where', `payload.text~${EVIL}`];
  const program = startProgram(t, argv, { env: { NATS_URL: bus.url } });
  await program.seen(/following/);
  for (let n = 0; n < MESSAGES; n += 1) sender.publish('heddle.tasks.incoming', JSON.stringify({ payload: PAYLOAD }));
  await sender.flush();
  await program.seen(/undecided/);
  program.kill('SIGINT');
  const late = setTimeout(() => program.kill('SIGKILL'), 15_000);
  assert.equal(await program.ended, 130, program.stderr());
  clearTimeout(late);
});

test('submit --strict: a signal is heard between two lines', async (t) => {
  const bus = await busFor(t);
  const argv = [
    'submit',
    '--config',
    'evil.yaml',
    '--strict',
    '--jsonl',
    'many.jsonl',
    '--on-error',
    'skip',
    '-o',
    'json',
  ];
  const { code, afterMs, stderr } = await interrupted(t, argv, folder(t), { NATS_URL: bus.url });
  assert.equal(code, 143, stderr);
  assert.ok(afterMs < 5_000, `${afterMs} ms`);
});
