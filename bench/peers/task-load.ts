import { connect } from 'nats';

// The other side of the actors, in a process of its own: sends tasks as fast as they are taken, and times until the last came out.

export interface TaskLoad {
  readonly to: string;
  readonly from: string;
  readonly messages: number;
}

const nc = await connect({ servers: process.argv[2] ?? '' });
const TASK =
  '{"task_id":"0c7a52e9-b3d1-4390-b152-acef8cdc3665","parent_task_id":"goal","worker_type":"echo","payload":{"text":"the quick brown fox jumps over the lazy dog","n":[1,2,3]},"model_tier":"local","priority":"normal","created_at":"2026-04-29T12:00:00.123Z","request_id":null,"metadata":{"stage_name":"first"}}';

/** Milliseconds until as many came out as went in. */
async function run({ to, from, messages }: TaskLoad): Promise<number> {
  let got = 0;
  let tellAll = (): void => {};
  const all = new Promise<void>((resolve) => {
    tellAll = resolve;
  });
  const subscription = nc.subscribe(from, {
    callback: () => {
      got += 1;
      if (got === messages) tellAll();
    },
  });
  await nc.flush();
  const began = performance.now();
  for (let sent = 0; sent < messages; sent += 1) {
    nc.publish(to, TASK);
    if (sent % 500 === 499) await nc.flush();
  }
  await all;
  const ms = performance.now() - began;
  subscription.unsubscribe();
  await nc.flush();
  return ms;
}

process.on('message', (load: TaskLoad) => {
  void run(load).then((ms) => process.send?.(ms));
});
process.send?.('ready');
