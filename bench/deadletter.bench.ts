import { spawnSync } from 'node:child_process';
import { entryText, itemKey, workKeyOf } from '../src/deadletter/journal.ts';
import { JOURNAL } from '../src/letters/layout.ts';
import { connect } from '../src/transport/nats.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { inProject } from '../test/helpers/root.ts';
import { judge } from './budget.ts';

// A hundred thousand dead letters in JetStream: how long until their groups and the first lines of their list are there, in how much
// memory; and how many a replay sends in a second, against the bare client publishing the same in the same run.

const LETTERS = 100_000;
const REPLAYED = 10_000;

const program = findNatsServer();
if (program === undefined) {
  console.log('no nats-server on this machine: nothing to measure');
  process.exit(0);
}
const server = await startNatsServer({ config: 'jetstream { store_dir: "FOLDER" }' });
const must = (what: string, holds: boolean): void => {
  if (!holds) throw new Error(`it is not so: ${what}`);
};

const REASONS = [
  "rate_limited: tier 'standard' has no available capacity",
  'invalid_task_message: /payload: Field required',
  "unknown_tier: 'huge' is not a valid ModelTier",
];

function letter(n: number): string {
  const id = `t-${String(n).padStart(6, '0')}`;
  const worker = `worker-${n % 7}`;
  const task = `{"task_id":"${id}","worker_type":"${worker}","payload":{"text":"as long as a task usually is, or about","n":9007199254740993},"model_tier":"standard","metadata":{"a":1}}`;
  return `{"reason":${JSON.stringify(REASONS[n % REASONS.length])},"original_task":${task},"task_id":"${id}","worker_type":"${worker}"}`;
}

/** The built program in a process of its own, with the memory that it took at most. */
function timed(argv: readonly string[]): { ms: number; mib: number; stdout: string } {
  const probe = 'process.on("exit",()=>process.stderr.write(`\\nrss ${process.resourceUsage().maxRSS}`))';
  const started = performance.now();
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(probe)}`, inProject('bin', 'heddle-ts.js'), ...argv],
    { env: { ...process.env, NATS_URL: server.url }, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const kib = Number(/rss (\d+)/.exec(stderr)?.[1] ?? 0);
  return { ms: performance.now() - started, mib: kib / 1024, stdout };
}

try {
  timed(['dead-letter', 'enable', '-q']);
  const bus = await connect({ servers: [server.url] });
  for (let n = 0; n < LETTERS; n += 1) {
    bus.publish('heddle.tasks.dead_letter', letter(n));
    if (n % 1000 === 999) await bus.flush();
  }

  const rounds = [1, 2, 3].map(() => timed(['dead-letter', 'groups', '-o', 'json']));
  const total = (JSON.parse(rounds[0]?.stdout ?? '{}') as { total?: number }).total ?? 0;
  const groups = Math.min(...rounds.map(({ ms }) => ms));
  const mib = Math.max(...rounds.map((each) => each.mib));
  console.log(`groups of ${total} letters: ${Math.round(groups)} ms ${judge('deadletter', 'groups', groups)}`);
  console.log(`memory: ${Math.round(mib)} MiB ${judge('deadletter', 'memory', mib)}`);
  must('all of them', total === LETTERS);

  const list = timed(['dead-letter', 'list', '-q', '-o', 'ndjson']);
  const lines = list.stdout.split('\n').filter((line) => line.includes('"record":"letter"')).length;
  console.log(`list of all ${lines}: ${Math.round(list.ms)} ms, ${Math.round(list.mib)} MiB`);
  must('a list that is not cut', lines === LETTERS);
  const first = spawnSync(
    'sh',
    ['-c', '"$0" "$1" dead-letter list -q | head -50 > /dev/null', process.execPath, inProject('bin', 'heddle-ts.js')],
    {
      env: { ...process.env, NATS_URL: server.url },
    },
  );
  const begun = performance.now();
  spawnSync(
    'sh',
    ['-c', '"$0" "$1" dead-letter list -q | head -50 > /dev/null', process.execPath, inProject('bin', 'heddle-ts.js')],
    {
      env: { ...process.env, NATS_URL: server.url },
    },
  );
  const page = performance.now() - begun;
  must('a reader that leaves', first.status === 0);
  console.log(`first page of list: ${Math.round(page)} ms ${judge('deadletter', 'first page', page)}`);

  bus.subscribe('heddle.tasks.incoming', () => {});
  await bus.flush();
  const bare = performance.now();
  for (let n = 0; n < REPLAYED; n += 1) {
    bus.publish('heddle.tasks.incoming', letter(n));
    if (n % 32 === 31) await bus.flush();
  }
  const bareMs = performance.now() - bare;
  const replay = timed(['dead-letter', 'replay', '--everything', '--limit', String(REPLAYED), '--yes', '-q']);
  must('a replay that is done', replay.stdout.includes('10,000 sent'));
  console.log(
    `replay of ${REPLAYED}: ${Math.round(replay.ms)} ms, ${Math.round((REPLAYED / replay.ms) * 1000)}/s with a plan and a journal; the bare client publishes them in ${Math.round(bareMs)} ms (${(replay.ms / bareMs).toFixed(1)} times)`,
  );

  // As the journal has it when all of them were sent again: an entry a letter.
  const ids = list.stdout.split('\n').map((line) => /"id":"([^"]+)".*"task_id":"([^"]+)"/.exec(line));
  for (const [place, found] of ids.entries()) {
    const [, id, task] = found ?? [];
    if (id === undefined || task === undefined) continue;
    const work = workKeyOf(JSON.stringify(task));
    const sent = {
      state: 'sent',
      operation: 'r-00000000',
      at: Date.now(),
      sends: 1,
      work,
      newWork: undefined,
    } as const;
    bus.publish(`$KV.${JOURNAL}.${itemKey(id)}`, entryText(sent));
    if (place % 1000 === 999) await bus.flush();
  }
  await bus.flush();
  const after = [1, 2, 3].map(() => timed(['dead-letter', 'groups', '-o', 'json']));
  const { hidden = 0 } = JSON.parse(after[0]?.stdout ?? '{}') as { hidden?: number };
  must('all of them sent', hidden === LETTERS);
  const afterMs = Math.min(...after.map(({ ms }) => ms));
  const afterMib = Math.max(...after.map((each) => each.mib));
  console.log(
    `groups of ${hidden} letters that were all sent again: ${Math.round(afterMs)} ms ${judge('deadletter', 'groups after replays', afterMs)}, ${Math.round(afterMib)} MiB`,
  );
  await bus.close();
} finally {
  await server.stop();
}
