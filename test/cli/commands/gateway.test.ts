import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, startCli } from '../../helpers/fake-io.ts';
import { assertKeepsSchema } from '../../helpers/output-schema.ts';
import { bedFor } from './bed.ts';

const SECRET = 'a-token-of-the-command-line';
const bed = bedFor('gateway', async ({ client, folder }) => {
  client.subscribe('heddle.tasks.incoming', () => {}, { queue: 'router' });
  await client.flush();
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'found', 'configs'), { recursive: true });
  mkdirSync(join(folder, 'workers'));
  for (const place of ['workers', 'found/configs']) {
    writeFileSync(
      join(folder, place, 'ocr.yaml'),
      'name: ocr\nworker_kind: processor\nprocessing_backend: a.B\ninput_schema: {type: object, required: [page], properties: {"10": {type: string}, "9": {type: string}}}\n',
    );
  }
  writeFileSync(
    join(folder, 'gateway.yaml'),
    'kind: gateway\nauth: {tokens: [{id: ci, file: token, scopes: [submit]}]}\nconfigs_dir: workers\n',
  );
  writeFileSync(join(folder, 'token'), `${SECRET}\n`);
  writeFileSync(join(folder, 'bad.yaml'), 'kind: gateway\nlisten: 0.0.0.0:80\nlimits: {body: 1}\n');
});
const { at, folder } = bed;
const urlIn = (text: string): string => /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';
const send = (url: string, payload: object, token = SECRET): Promise<Response> =>
  fetch(`${url}/v1/tasks`, {
    method: 'POST',
    body: JSON.stringify({ worker_type: 'ocr', payload }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  });

test('by its config: tokens from files, worker configs below it; SIGHUP reads all of it again', async () => {
  const { io, exit } = startCli(at('--config', 'gateway.yaml', '--listen', '127.0.0.1:0', '-v'), { cwd: folder });
  await io.seen(
    /gateway gateway on http:\/\/127\.0\.0\.1:\d+; requests are kept in memory, until it ends; no webhooks, 1 token/,
  );
  const url = urlIn(io.out());
  assert.equal((await send(url, { page: 1 })).status, 202);
  const refused = await send(url, { 9: 1, 10: 1 });
  assert.equal(refused.status, 422);
  // In the order of the file, as a worker of Heddle's says it.
  assert.deepEqual(
    ((await refused.json()) as { errors: { detail: string }[] }).errors.map(({ detail }) => detail),
    ["input: missing required field 'page'", 'input.10: expected string', 'input.9: expected string'],
  );
  assert.equal((await send(url, { page: 1 }, `${SECRET}x`)).status, 401);
  writeFileSync(join(folder, 'token'), `${SECRET}-new`);
  io.signal('SIGHUP');
  await io.seen(/config read again/);
  assert.deepEqual(
    [(await send(url, { page: 1 }, `${SECRET}-new`)).status, (await send(url, { page: 1 })).status],
    [202, 401],
  );
  writeFileSync(join(folder, 'token'), 'short');
  io.signal('SIGHUP');
  await io.seen(/reload refused, the old config stays: token ci: the file token holds fewer than 16 bytes/);
  assert.equal((await send(url, { page: 1 }, `${SECRET}-new`)).status, 202);
  writeFileSync(join(folder, 'token'), `${SECRET}\n`);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
  assert.match(io.out(), /POST \/v1\/tasks {2}202 .* ci /);
  assert.match(io.out(), /task [0-9a-f-]{36} published, listener seen/);
  assert.match(io.out(), /gateway stopped: 6 requests\n$/);
  assert.doesNotMatch(io.out() + io.err(), new RegExp(SECRET));
});

test('without a config it serves requests on loopback, and says so; ndjson keeps its schema', async () => {
  const { io, exit } = startCli(at('--listen', '0', '-o', 'ndjson'), { cwd: join(folder, 'empty') });
  await io.seen(/gateway_started/);
  assert.match(
    io.err(),
    /no configs\/gateway\.yaml: tasks and goals on this machine alone; no workers below configs\//,
  );
  const url = urlIn(io.out());
  assert.equal((await send(url, {})).status, 202);
  assert.equal((await fetch(`${url}/webhooks/none`, { method: 'POST', body: '{}' })).status, 404);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
  const lines = io
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines) assertKeepsSchema('log', line);
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['gateway_started', 'http_request', 'http_request', 'gateway_draining', 'gateway_stopped'],
  );
  assert.deepEqual([lines[1]?.route, lines[1]?.status, lines[1]?.principal], ['/v1/tasks', 202, 'anonymous']);
});

test('without a config tasks are held to the input schemas of the workers that are found', async () => {
  const { io, exit } = startCli(at('--listen', '0'), { cwd: join(folder, 'found') });
  await io.seen(/gateway gateway on/);
  assert.match(io.err(), /payloads are held to the input schemas below configs\/ \(ocr\)/);
  const url = urlIn(io.out());
  const refused = await send(url, { 9: 1, 10: 1 });
  assert.equal(refused.status, 422);
  // In the order of the file, as a worker of Heddle's says it.
  assert.deepEqual(
    ((await refused.json()) as { errors: { detail: string }[] }).errors.map(({ detail }) => detail),
    ["input: missing required field 'page'", 'input.10: expected string', 'input.9: expected string'],
  );
  assert.equal((await send(url, { page: 1 })).status, 202);
  const contract = (await (await fetch(`${url}/v1/contract`)).json()) as { requests: Record<string, unknown> };
  assert.deepEqual(contract.requests.input_checked, ['ocr']);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
});

test('a config that nobody named starts no program and sends no secret; named, it is taken', async () => {
  const work = 'to: goal, instruction: x';
  const broker = 'url: "mqtt://127.0.0.1:1", topics: [a]';
  const reaching = {
    'starts the program "/bin/sh" (sidecar s)': `sidecars: [{name: s, command: [/bin/sh, -c, "exit"], ${work}}]`,
    'starts the program "/bin/sh" (subscription w)': 'subscriptions: {w: {command: [/bin/sh], allow: [a]}}',
    'sends a secret or variable of yours': `mqtt: [{name: m, ${broker}, password: {env: TOKEN}, user: u, ${work}}]`,
    'broker at mqtt://127.0.0.1:1': `mqtt: [{name: m, ${broker}, client_id: {env: TOKEN}, ${work}}]`,
  };
  const cwd = join(folder, 'theirs');
  mkdirSync(join(cwd, 'configs'), { recursive: true });
  for (const [words, text] of Object.entries(reaching)) {
    writeFileSync(join(cwd, 'configs', 'gateway.yaml'), `kind: gateway\nlisten: 127.0.0.1:0\n${text}\n`);
    const found = await runCli(at(), { cwd });
    assert.deepEqual([found.code, found.stderr.includes(words)], [2, true], found.stderr);
    assert.match(found.stderr, /heddle-ts gateway --config configs\/gateway\.yaml/);
    assert.equal((await runCli(['gateway', 'check'], { cwd })).code, 0, 'looking at it runs nothing');
    const named = await runCli(['gateway', '--config', 'configs/gateway.yaml', '--nats-url', '127.0.0.1:1'], { cwd });
    assert.equal(named.code, 3, named.stderr);
  }
});

test('check: what is wrong with its place, exit 1; what is right with its promises; secrets when asked', async () => {
  const bad = await runCli(['gateway', 'check', 'bad.yaml'], { cwd: folder });
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /bad\.yaml:2:9: error: everybody who reaches 0\.0\.0\.0:80/);
  assert.match(bad.stdout, /bad\.yaml:3:10: error: there is no key 'body' in 'limits'/);
  const json = await runCli(['gateway', 'check', 'bad.yaml', '-o', 'json'], { cwd: folder });
  const document = JSON.parse(json.stdout) as Record<string, unknown>;
  assertKeepsSchema('gateway.check', document);
  assert.deepEqual([json.code, document.ok, document.contract], [1, false, null]);
  const good = await runCli(['gateway', 'check', 'gateway.yaml', '-o', 'json'], { cwd: folder });
  assertKeepsSchema('gateway.check', JSON.parse(good.stdout));
  assert.equal(good.code, 0);
  const human = await runCli(['gateway', 'check', 'gateway.yaml', '--secrets'], { cwd: folder });
  assert.match(human.stdout, /gateway\.yaml can be served\n[\s\S]*store\.request_ttl_s: 1800/);
  rmSync(join(folder, 'token'));
  const missing = await runCli(['gateway', 'check', 'gateway.yaml', '--secrets'], { cwd: folder });
  assert.deepEqual([missing.code, /token ci: the file token: there is no such file/.test(missing.stderr)], [2, true]);
  writeFileSync(join(folder, 'token'), `${SECRET}\n`);
  const none = await runCli(['gateway', 'check'], { cwd: join(folder, 'empty') });
  assert.equal(none.code, 1);
  assert.match(none.stdout, /there is no such file/);
});

test('example: a config that the rules agree with, and that is served as it is', async () => {
  const { stdout, code } = await runCli(['gateway', 'example']);
  assert.equal(code, 0);
  const validated = await runCli(['validate', '-'], { stdin: stdout });
  assert.deepEqual([validated.code, validated.stdout], [0, '1 file, 0 invalid, 0 errors, 0 warnings\n']);
  writeFileSync(join(folder, 'example.yaml'), stdout);
  const env = { HEDDLE_GATEWAY_TOKEN: SECRET, ORDER_WEBHOOK_SECRET: `whsec_${Buffer.from(SECRET).toString('base64')}` };
  const { io, exit } = startCli(at('--config', 'example.yaml', '--listen', '0'), { cwd: folder, env });
  await io.seen(/1 webhook, 1 token/);
  io.signal('SIGINT');
  assert.equal(await exit, 0);
});

for (const [argv, code, said] of [
  [['--config', 'none.yaml'], 2, /none\.yaml: there is no such file/],
  [['--config', 'bad.yaml'], 1, /bad\.yaml:3:10: there is no key 'body'/],
  [['--config', 'gateway.yaml', '--listen', 'here'], 2, /--listen: "here" is no address/],
  [['--config', 'gateway.yaml', '--grace', '1m'], 2, /--grace: "1m" is longer than 15s/],
  [['openapi', '--config', 'none.yaml'], 2, /there is no such file/],
] as const) {
  test(`refuses ${argv.join(' ')}`, async () => {
    const verb = argv[0] === 'openapi';
    const run = await runCli(verb ? ['gateway', ...argv] : at(...argv), { cwd: folder });
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, said);
  });
}

test('a port that is taken is told by its flag; a second signal ends at once', async () => {
  const first = startCli(at('--listen', '0'), { cwd: join(folder, 'empty') });
  await first.io.seen(/gateway gateway on/);
  const { port } = new URL(urlIn(first.io.out()));
  const second = await runCli(at('--listen', port), { cwd: join(folder, 'empty') });
  assert.equal(second.code, 2);
  assert.match(second.stderr, /--listen: cannot serve on 127\.0\.0\.1:\d+: the port is taken/);
  first.io.signal('SIGINT');
  first.io.signal('SIGINT');
  assert.equal(first.io.endedWith(), 130);
  await first.exit;
});
