import { connect } from '../src/transport/nats.ts';

// Tasks with their routing and their answers at a steady rate, from a process of its own: `node top-load.js <url> <messages a second>`.

const [url = '', rate = '20000'] = process.argv.slice(2);
const EVERY_MS = 10;
/** Answered so much later than sent. */
const TAKES_MS = 40;
const TYPES = 12;
const FAILS_ONE_IN = 500;
/** Each task is three messages. */
const PER_TICK = Number(rate) / 3 / (1000 / EVERY_MS);

const bus = await connect({ servers: [url], reconnect: true });
const waiting: { readonly id: string; readonly type: string; readonly due: number }[] = [];
let sent = 0;
let owed = 0;
let last = performance.now();

setInterval(() => {
  const now = performance.now();
  owed += (PER_TICK * (now - last)) / EVERY_MS;
  last = now;
  for (; owed >= 1; owed -= 1) {
    const id = `task-${process.pid}-${String(sent).padStart(12, '0')}`;
    const type = `worker-${sent % TYPES}`;
    const task = JSON.stringify({
      task_id: id,
      worker_type: type,
      payload: { text: 'a text of some length, as tasks have them', n: sent },
      model_tier: 'local',
      priority: 'normal',
      created_at: '2026-04-29T12:00:00Z',
      metadata: {},
    });
    bus.publish('heddle.tasks.incoming', task);
    bus.publish(`heddle.tasks.${type}.local`, task);
    waiting.push({ id, type, due: now + TAKES_MS });
    sent += 1;
  }
  for (let next = waiting[0]; next !== undefined && next.due <= now; next = waiting[0]) {
    waiting.shift();
    const failed = Number(next.id.slice(-6)) % FAILS_ONE_IN === 0;
    bus.publish(
      'heddle.results.default',
      JSON.stringify({
        task_id: next.id,
        worker_type: next.type,
        status: failed ? 'failed' : 'completed',
        output: failed ? null : { text: 'an answer of some length, as workers give them' },
        error: failed ? 'the model gave no answer in 30 s' : null,
        model_used: null,
        token_usage: {},
        processing_time_ms: 38,
        completed_at: '2026-04-29T12:00:00.040Z',
        metadata: {},
      }),
    );
  }
}, EVERY_MS);
process.on('SIGTERM', () => void bus.drain().then(() => process.exit()));
