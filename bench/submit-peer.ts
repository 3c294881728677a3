import { connect as dial } from 'node:net';
import { connect } from 'nats';

// The other side of bench/submit: a process of its own, so that what it costs is not counted as ours.
// `drain`: hears every task and throws it away. `actors`: a router and an echo worker on the bare client.

const [mode, port] = process.argv.slice(2);
if (mode === 'drain') drain(Number(port));
else await actors(Number(port));

/** Reads bytes and looks at none of them but pings: it must never be the slowest. */
function drain(at: number): void {
  const socket = dial(at, '127.0.0.1');
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\nSUB heddle.tasks.incoming 1\r\nPING\r\n');
  let greeted = false;
  socket.on('data', (chunk) => {
    if (!greeted && chunk.includes('PONG\r\n')) {
      greeted = true;
      process.stdout.write('ready\n');
    }
    if (chunk.length < 32 && chunk.includes('PING\r\n')) socket.write('PONG\r\n');
  });
}

async function actors(at: number): Promise<void> {
  const router = await connect({ port: at });
  const worker = await connect({ port: at });
  router.subscribe('heddle.tasks.incoming', {
    callback: (_, message) => {
      const task = message.json<{ worker_type: string; model_tier: string }>();
      router.publish(`heddle.tasks.${task.worker_type}.${task.model_tier}`, message.data);
    },
  });
  worker.subscribe('heddle.tasks.echo.standard', {
    queue: 'processors-echo',
    callback: (_, message) => {
      const task = message.json<{ task_id: string; parent_task_id: string; payload: unknown }>();
      const result = { task_id: task.task_id, worker_type: 'echo', status: 'completed', output: task.payload };
      worker.publish(`heddle.results.${task.parent_task_id}`, JSON.stringify(result));
    },
  });
  await Promise.all([router.flush(), worker.flush()]);
  process.stdout.write('ready\n');
}
