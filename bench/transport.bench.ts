import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { connect as connectBare } from 'nats';
import { connect } from '../src/transport/nats.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { judge } from './budget.ts';
import { median } from './median.ts';

// What the transport costs over the bare client: the same loop on both, taking turns, medians of the ratios.

/** Short rounds and many: a neighbour on the machine disturbs some, not the median. */
const PUBLISH = { messages: 50_000, rounds: 61 };
/** A handler that throws must end nothing, and that is worth a call a message. */
const DELIVER = { messages: 200_000, rounds: 15 };
type Who = 'bare' | 'ours';

const SUBJECT = 'heddle.tasks.incoming';
const PAYLOAD = new Uint8Array(256).fill(120);

if (findNatsServer() === undefined) {
  console.log('transport    skipped: no nats-server on this machine');
} else {
  const server = await startNatsServer();
  const bare = await connectBare({ servers: server.url });
  const ours = await connect({ servers: [server.url] });
  const firehose = await openFirehose(server.port);
  try {
    await report('publish', PUBLISH, async (who) => {
      const bus = who === 'bare' ? bare : ours;
      const from = performance.now();
      for (let sent = 0; sent < PUBLISH.messages; sent++) bus.publish(SUBJECT, PAYLOAD);
      await bus.flush();
      return performance.now() - from;
    });
    await report('deliver', DELIVER, async (who) => {
      let received = 0;
      let bytes = 0;
      let done = (): void => {};
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const take = (data: Uint8Array): void => {
        bytes += data.length;
        received += 1;
        if (received === DELIVER.messages) done();
      };
      const subscription =
        who === 'bare'
          ? bare.subscribe(SUBJECT, { callback: (_, message) => take(message.data) })
          : ours.subscribe(SUBJECT, (message) => take(message.data));
      await (who === 'bare' ? bare : ours).flush();
      const from = performance.now();
      firehose.open();
      await all;
      const ms = performance.now() - from;
      subscription.unsubscribe();
      if (bytes !== DELIVER.messages * PAYLOAD.length) throw new Error(`${bytes} bytes came`);
      return ms;
    });
  } finally {
    firehose.close();
    await bare.close();
    await ours.close();
    await server.stop();
  }
}

async function report(
  name: string,
  { messages, rounds }: { messages: number; rounds: number },
  run: (who: Who) => Promise<number>,
): Promise<void> {
  const wall: Record<Who, number[]> = { bare: [], ours: [] };
  const cpu: Record<Who, number[]> = { bare: [], ours: [] };
  const turn = async (who: Who): Promise<void> => {
    globalThis.gc?.();
    const before = process.cpuUsage();
    wall[who].push(await run(who));
    const { user, system } = process.cpuUsage(before);
    cpu[who].push(user + system);
  };
  for (const who of ['bare', 'ours', 'ours', 'bare'] as const) await run(who);
  for (let round = 0; round < rounds; round++) {
    // Whoever goes first meets the garbage of the other; both do it equally often.
    for (const who of round % 2 === 0 ? (['bare', 'ours'] as const) : (['ours', 'bare'] as const)) await turn(who);
  }
  const ratio = ratioOf(wall);
  const rate = (who: Who) => Math.round(messages / median(wall[who]));
  console.log(
    `${`transport ${name}`.padEnd(18)} ${ratio.toFixed(2)} of the bare client   ${judge('transport', name, ratio)} (${rate('ours')} against ${rate('bare')} messages/ms; by processor time of this process ${ratioOf(cpu).toFixed(2)})`,
  );
}

/** Pair by pair, because the two of a pair met the same machine. */
function ratioOf(times: Record<Who, readonly number[]>): number {
  return median(times.bare.map((bare, round) => bare / (times.ours[round] as number)));
}

/** Pours the messages from ready-made bytes, so that publishing costs this process next to nothing. */
async function openFirehose(port: number): Promise<{ open(): void; close(): void }> {
  const frame = Buffer.concat([Buffer.from(`PUB ${SUBJECT} ${PAYLOAD.length}\r\n`), PAYLOAD, Buffer.from('\r\n')]);
  const all = Buffer.concat(new Array<Buffer>(DELIVER.messages).fill(frame));
  const socket = connectSocket(port, '127.0.0.1');
  socket.resume();
  await once(socket, 'connect');
  socket.write('CONNECT {"verbose":false}\r\n');
  return { open: () => void socket.write(all), close: () => void socket.destroy() };
}
