import { connect } from 'nats';

// The other side of router.bench.ts, in a process of its own: sends tasks and times their way to the worker's subject.

export type LoadCommand =
  | { readonly kind: 'flood'; readonly messages: number }
  | { readonly kind: 'pace'; readonly rate: number; readonly seconds: number; readonly direct: boolean };

export interface LoadReport {
  readonly ms: number;
  readonly p50: number;
  readonly p99: number;
}

const TARGET = 'heddle.tasks.echo.local';
const nc = await connect({ servers: process.argv[2] ?? '' });

function task(at: number): string {
  return `{"task_id":"0c7a52e9-b3d1-4390-b152-acef8cdc3665","parent_task_id":null,"worker_type":"echo","payload":{"at":${at},"text":"the quick brown fox jumps over the lazy dog","n":[1,2,3]},"model_tier":"local","priority":"normal","created_at":"2026-04-29T12:00:00.123Z","request_id":null,"metadata":{"stage_name":"first"}}`;
}

async function run(command: LoadCommand): Promise<LoadReport> {
  const total = command.kind === 'flood' ? command.messages : command.rate * command.seconds;
  const times = command.kind === 'pace' ? new Float64Array(total) : undefined;
  let got = 0;
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const sub = nc.subscribe(TARGET, {
    callback: (_error, message) => {
      if (times !== undefined) {
        const sent = /"at":([0-9.]+)/.exec(Buffer.from(message.data).toString())?.[1];
        times[got] = performance.now() - Number(sent);
      }
      got += 1;
      if (got === total) done();
    },
  });
  await nc.flush();
  const from = performance.now();
  if (command.kind === 'flood') {
    const bytes = Buffer.from(task(0));
    for (let sent = 0; sent < total; sent += 1) {
      nc.publish('heddle.tasks.incoming', bytes);
      if (sent % 5_000 === 4_999) await nc.flush();
    }
  } else {
    await pace(command, total, command.direct ? TARGET : 'heddle.tasks.incoming');
  }
  await all;
  const ms = performance.now() - from;
  sub.unsubscribe();
  const sorted = times?.sort() ?? new Float64Array(1);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { ms, p50: at(0.5), p99: at(0.99) };
}

/** As even as a timer of a millisecond allows. */
function pace(command: { rate: number }, total: number, subject: string): Promise<void> {
  const from = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    const tick = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - from) / 1000) * command.rate));
      for (; sent < due; sent += 1) nc.publish(subject, task(performance.now()));
      if (sent === total) resolve();
      else setTimeout(tick, 0);
    };
    tick();
  });
}

process.on('message', (command: LoadCommand) => {
  void run(command).then((report) => process.send?.(report));
});
process.send?.('ready');
