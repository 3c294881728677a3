import { connect, type Socket } from 'node:net';

// Workers of bridge.bench.ts, in a process of their own: each asks for one task, answers it, and asks again, over one connection.

export type BridgeLoadCommand =
  | {
      readonly kind: 'work';
      readonly url: string;
      readonly workers: number;
      /** How many are to be done in all. */
      readonly tasks: number;
      /** `socket`: what is written and read is all that a client costs. `fetch`: as workers in this language would do it. */
      readonly client: 'socket' | 'fetch';
    }
  /** Opens so many requests and leaves them open. */
  | {
      readonly kind: 'hold';
      readonly url: string;
      readonly path: string;
      readonly body: string;
      readonly count: number;
    }
  | { readonly kind: 'release' };

export interface BridgeLoadReport {
  readonly ms: number;
  /** Of each poll that brought a task, and of each answer. Milliseconds; the middle one. */
  readonly poll: number;
  readonly resolve: number;
}

type Post = (path: string, body: string) => Promise<string>;

const POLL = '/v1/tasks/poll';
const ASK = JSON.stringify({ task_types: ['echo'], timeout_ms: 5_000 });
let held: Socket[] = [];

async function work({ url, workers, tasks, client }: BridgeLoadCommand & { kind: 'work' }): Promise<BridgeLoadReport> {
  const polls: number[] = [];
  const resolves: number[] = [];
  let taken = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const { post, close } = client === 'socket' ? await overSocket(url) : overFetch(url);
      while (taken < tasks) {
        taken += 1;
        const asked = performance.now();
        const items = JSON.parse(await post(POLL, ASK)) as { task_id: string; lease_id: string; payload: unknown }[];
        const [item] = items;
        if (item === undefined) {
          taken -= 1;
          continue;
        }
        const given = performance.now();
        polls.push(given - asked);
        const answer = { action: 'complete', lease_id: item.lease_id, output: { echo: item.payload } };
        const told = JSON.parse(await post(`/v1/tasks/${item.task_id}/resolve`, JSON.stringify(answer))) as {
          status: string;
        };
        if (told.status !== 'completed') throw new Error(JSON.stringify(told));
        resolves.push(performance.now() - given);
      }
      close();
    }),
  );
  return { ms: performance.now() - begun, poll: median(polls), resolve: median(resolves) };
}

function overFetch(url: string): { post: Post; close(): void } {
  const headers = { 'content-type': 'application/json' };
  const post = async (path: string, body: string): Promise<string> => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.status !== 200) throw new Error(text);
    return text;
  };
  return { post, close: () => {} };
}

async function overSocket(url: string): Promise<{ post: Post; close(): void }> {
  const socket = await open(url);
  let heard = '';
  let tell: (text: string) => void = () => {};
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
    const from = heard.indexOf('\r\n\r\n') + 4;
    const length = Number(/content-length: (\d+)/i.exec(heard)?.[1]);
    if (from < 4 || heard.length < from + length) return;
    if (!heard.startsWith('HTTP/1.1 200')) throw new Error(heard);
    const text = heard.slice(from, from + length);
    heard = heard.slice(from + length);
    tell(text);
  });
  const post = (path: string, body: string): Promise<string> =>
    new Promise((resolve) => {
      tell = resolve;
      socket.write(requestOf(path, body));
    });
  return { post, close: () => socket.destroy() };
}

function requestOf(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function open(url: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true }, () =>
      resolve(socket),
    );
    socket.on('error', reject);
  });
}

async function hold({ url, path, body, count }: BridgeLoadCommand & { kind: 'hold' }): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const socket = await open(url);
    socket.write(requestOf(path, body.replaceAll('WORKER', `w-${held.length}`)));
    held.push(socket);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function run(command: BridgeLoadCommand): Promise<BridgeLoadReport> {
  if (command.kind === 'work') return await work(command);
  if (command.kind === 'hold') await hold(command);
  else {
    for (const socket of held) socket.destroy();
    held = [];
  }
  return { ms: 0, poll: 0, resolve: 0 };
}

process.on('message', (command: BridgeLoadCommand) => {
  void run(command).then((report) => process.send?.(report));
});
process.send?.('ready');
