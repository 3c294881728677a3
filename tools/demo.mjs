// The main job of the toolkit in one run, on a machine with nothing but Node: a bus from one command, then each command as a
// user would type it, with its real output. `npm run demo`; exits 1 when a step does not end as it should. HEDDLE_TS_PROGRAM names
// another program to show, a binary or that of an installed package: the path of it, or a command as a JSON array.
import { spawn, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHOWN = process.env.HEDDLE_TS_PROGRAM ?? '';
const [PROGRAM, ...FIRST] =
  SHOWN === ''
    ? [process.execPath, join(ROOT, 'bin', 'heddle-ts.js')]
    : SHOWN.startsWith('[')
      ? JSON.parse(SHOWN)
      : [resolve(SHOWN)];
const READY_MS = 20_000;
const STEP_MS = 30_000;

const terminal = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code, text) => (terminal ? `\x1b[${code}m${text}\x1b[0m` : text);
const folder = mkdtempSync(join(tmpdir(), 'heddle-demo-'));
/** Nothing but configs lies where the commands run, whichever way the program came there. */
cpSync(join(ROOT, 'configs'), join(folder, 'configs'), { recursive: true });
// The visitor's own NATS settings must neither be used nor get in the way.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NATS_')));
env.XDG_CONFIG_HOME = folder;
const secret = randomBytes(24);
env.ORDER_WEBHOOK_SECRET = `whsec_${secret.toString('base64')}`;
if (terminal) env.FORCE_COLOR ??= '1';

/** What the demo's gateway serves. */
const GATEWAY = `kind: gateway
listen: 127.0.0.1:0
webhooks:
  order-created:
    verify: {scheme: standard-webhooks, secrets: [{env: ORDER_WEBHOOK_SECRET}]}
    to: task
    worker_type: echo
    tier: local
    payload: {event: {ref: /event}, order: {ref: /body/order}}
`;

const running = new Set();
const started = performance.now();
process.on('SIGINT', () => {
  process.exitCode = 130;
});

try {
  await demo();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(
    `\nThat was all of it, in ${seconds} s. To go on: docs/getting-started.md, or\n  ${SHOWN === '' ? 'node bin/heddle-ts.js' : [PROGRAM, ...FIRST].join(' ')} dev\n`,
  );
} catch (error) {
  console.error(`\n${paint(31, 'demo failed:')} ${error.message}`);
  process.exitCode ||= 1;
} finally {
  await Promise.all([...running].map(end));
  rmSync(folder, { recursive: true, force: true });
}

async function demo() {
  // For a test, which has built already, and runs others at the same time.
  if (SHOWN === '' && !process.argv.includes('--no-build')) {
    title('Build');
    say('$ npm run build');
    const built = spawnSync(process.execPath, [join(ROOT, 'tools', 'build.mjs')], { cwd: ROOT, stdio: 'inherit' });
    if (built.status !== 0) throw new Error('the build failed');
  }

  title('A Heddle bus from one command: a NATS server, the router, an echo worker, and HTTP for all of it');
  const ready = join(folder, 'ready.json');
  const gateway = join(folder, 'gateway.yaml');
  writeFileSync(gateway, GATEWAY);
  say('$ heddle-ts dev --gateway gateway.yaml');
  const dev = start(['dev', '--gateway', gateway, '--ready-file', ready]);
  const deadline = performance.now() + READY_MS;
  while (!existsSync(ready) || !/^.*ready.* nats:.*\n/m.test(dev.stdout())) {
    if (dev.ended) throw new Error(`dev ended before it was ready:\n${dev.stdout()}${dev.stderr()}`);
    if (performance.now() > deadline) throw new Error(`dev was not ready in ${READY_MS / 1000} s:\n${dev.stdout()}`);
    await pause(20);
  }
  say(dev.stdout().trimEnd());
  const { url } = JSON.parse(readFileSync(ready, 'utf8'));
  env.NATS_URL = url;
  say(`\n$ export NATS_URL=${url}`);

  title('Are the configs right?');
  await step(['validate', 'configs/']);

  title('Is this machine ready, is the bus alive?');
  await step(['preflight']);

  title('Who is listening?');
  await step(['status']);

  title('Send a task, and wait for its answer');
  await step(['submit', 'echo', '--set', 'text=hello', '--set-json', 'n=12', '--wait']);

  title('See every hop of it');
  await step(['submit', 'echo', '--set', 'text=hello', '--trace']);

  title('A webhook comes in, signed; its answer goes back');
  await webhook(/gateway +(http:\S+)/.exec(dev.stdout())?.[1]);

  title('When it goes wrong: 70 tasks for a tier that takes 60 at once (configs/router_rules.yaml)');
  say('$ heddle-ts tail --kind dead_letter --count 1 --body &');
  const tail = start(['tail', '--kind', 'dead_letter', '--count', '1', '--body']);
  await subscribed(tail);
  await step(['submit', 'summarizer', '--tier', 'frontier', '--set', 'text=too many', '--count', '70']);
  say('\nWhat the tail caught:');
  const code = await within(tail.exit, STEP_MS, 'tail');
  say(tail.stdout().trimEnd());
  if (code !== 0) throw new Error(`tail ended with ${code}:\n${tail.stderr()}`);
  if (!tail.stdout().includes('rate_limited')) throw new Error('the tail caught no dead letter');

  title('Ctrl-C: nothing is left behind');
  await end(dev);
  if ((await dev.exit) !== 0) throw new Error(`dev ended with ${await dev.exit}:\n${dev.stdout()}${dev.stderr()}`);
  say(dev.stdout().trimEnd().split('\n').slice(-1).join('\n'));
}

/** A delivery as a sender of Standard Webhooks makes it, then once more with another order under the same signature. */
async function webhook(url) {
  say('$ cat gateway.yaml');
  say(GATEWAY);
  const body = '{"order":17}';
  const id = 'msg_demo';
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
  const post = async (sent, how) =>
    await ask(`${url}/webhooks/order-created`, { method: 'POST', headers, body: sent }, how);
  const taken = await post(body);
  if (taken.status !== 202) throw new Error(`the webhook was answered with ${taken.status}`);
  say('# Somebody else sends another order under this signature:');
  const forged = await post('{"order":18}', { brief: true });
  if (forged.status !== 401) throw new Error(`a forged delivery was answered with ${forged.status}`);
  const { request_id: request } = JSON.parse(taken.text);
  const deadline = performance.now() + STEP_MS;
  while (performance.now() < deadline) {
    const looked = await fetch(`${url}/v1/requests/${request}`);
    if ((await looked.json()).state === 'done') break;
    await pause(20);
  }
  const answer = await ask(`${url}/v1/requests/${request}`);
  if (!answer.text.includes('"output":{"event":"order-created","order":17}')) throw new Error('no answer came back');
}

/** A request, shown as curl would be asked for it. */
async function ask(url, { method = 'GET', headers = {}, body } = {}, { brief = false } = {}) {
  const fields = Object.entries(headers).map(([name, value]) => ` \\\n    -H '${name}: ${value}'`);
  const shown = brief ? [' …'] : fields;
  say(`$ curl ${url}${shown.join('')}${body === undefined ? '' : `${brief ? '' : ' \\\n   '} -d '${body}'`}`);
  const response = await fetch(url, { method, headers, body });
  const text = await response.text();
  const about = JSON.parse(text);
  say(`${response.status} ${JSON.stringify(about, undefined, 1).replaceAll(/\n\s*/g, ' ')}\n`);
  return { status: response.status, text };
}

/** One command in the foreground, its output as it comes. */
async function step(argv) {
  say(`$ heddle-ts ${argv.map(quoted).join(' ')}`);
  const child = spawn(PROGRAM, [...FIRST, ...argv], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const program = watched(child);
  const code = await within(program.exit, STEP_MS, argv[0]);
  if (code !== 0) throw new Error(`heddle-ts ${argv.join(' ')} ended with ${code}`);
}

/** One in the background, its output kept. */
function start(argv) {
  const child = spawn(PROGRAM, [...FIRST, ...argv], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const program = watched(child);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (texts[name] += chunk));
  return Object.assign(program, { stdout: () => texts.stdout, stderr: () => texts.stderr });
}

function watched(child) {
  const program = { child, ended: false };
  program.exit = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal));
  }).finally(() => {
    program.ended = true;
    running.delete(program);
  });
  running.add(program);
  return program;
}

/** A dead letter that nobody hears is gone: the tail must be on the bus first. */
async function subscribed(tail) {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline && !tail.ended) {
    const seen = spawnSync(PROGRAM, [...FIRST, 'status', '-o', 'json'], { cwd: folder, env, encoding: 'utf8' });
    if (seen.stdout.includes('heddle-ts tail')) return;
    await pause(50);
  }
  throw new Error(`the tail did not start:\n${tail.stdout()}${tail.stderr()}`);
}

async function end(program) {
  program.child.kill('SIGTERM');
  const force = setTimeout(() => program.child.kill('SIGKILL'), 10_000);
  await program.exit;
  clearTimeout(force);
}

async function within(exit, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end in ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([exit, late]);
  } finally {
    clearTimeout(timer);
  }
}

function title(text) {
  say(`\n${paint(1, `== ${text}`)}\n`);
}

function say(text) {
  console.log(text);
}

function quoted(word) {
  return /^[\w./=:@-]+$/.test(word) ? word : `'${word}'`;
}
