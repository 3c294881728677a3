import { connect, type Socket } from 'node:net';

// The other side of http.bench.ts, in a process of its own: asks again as soon as it has an answer, over many connections.

export type HttpLoadCommand =
  | {
      readonly kind: 'ask';
      readonly port: number;
      readonly request: string;
      /** A place in it for a number, of its length, that no other request of this load has. */
      readonly number?: string;
      readonly clients: number;
      readonly ms: number;
    }
  | { readonly kind: 'hold'; readonly port: number; readonly request: string; readonly clients: number }
  | { readonly kind: 'release' };

export interface HttpLoadReport {
  readonly answers: number;
  readonly ms: number;
}

/** Where the first digit of the status stands, and what it is where all is well. */
const STATUS_AT = 'HTTP/1.1 '.length;
const GOOD = 0x32;

let held: Socket[] = [];
let numbered = 0;

async function ask({
  port,
  request,
  number = '',
  clients,
  ms,
}: HttpLoadCommand & { kind: 'ask' }): Promise<HttpLoadReport> {
  const same = Buffer.from(request);
  const at = request.indexOf(number);
  const next = (): Buffer => {
    if (number === '') return same;
    const other = Buffer.from(same);
    other.write(String(numbered++).padStart(number.length, '0'), at, 'latin1');
    return other;
  };
  let answers = 0;
  let running = true;
  const from = performance.now();
  const done = Array.from({ length: clients }, async () => {
    const socket = await open(port);
    let size = 0;
    let seen = 0;
    socket.on('data', (chunk) => {
      // All answers are alike: the first says how long each of them is.
      if (size === 0) size = lengthOf(chunk);
      else if (seen === 0 && chunk[STATUS_AT] !== GOOD) throw new Error(`no such answer: ${chunk.toString('latin1')}`);
      seen += chunk.length;
      if (seen < size) return;
      seen -= size;
      answers += 1;
      if (running) socket.write(next());
      else socket.destroy();
    });
    socket.write(next());
    await new Promise((resolve) => socket.once('close', resolve));
  });
  await new Promise((resolve) => setTimeout(resolve, ms));
  const report = { answers, ms: performance.now() - from };
  running = false;
  await Promise.all(done);
  return report;
}

function lengthOf(answer: Buffer): number {
  const text = answer.toString('latin1');
  const head = text.indexOf('\r\n\r\n') + 4;
  const body = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1]);
  if (head < 4 || !text.startsWith('HTTP/1.1 2') || Number.isNaN(body)) throw new Error(`no such answer: ${text}`);
  return head + body;
}

async function hold({ port, request, clients }: HttpLoadCommand & { kind: 'hold' }): Promise<HttpLoadReport> {
  const from = performance.now();
  for (let at = 0; at < clients; at += 1) {
    const socket = await open(port);
    socket.write(request);
    await new Promise((resolve) => socket.once('data', resolve));
    held.push(socket);
  }
  return { answers: clients, ms: performance.now() - from };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.on('error', reject);
  });
}

async function run(command: HttpLoadCommand): Promise<HttpLoadReport> {
  if (command.kind === 'ask') return await ask(command);
  if (command.kind === 'hold') return await hold(command);
  const gone = held;
  held = [];
  for (const socket of gone) socket.destroy();
  return { answers: gone.length, ms: 0 };
}

process.on('message', (command: HttpLoadCommand) => {
  void run(command).then((report) => process.send?.(report));
});
process.send?.('ready');
