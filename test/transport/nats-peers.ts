import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

/** Things that listen on a port of 127.0.0.1 and are no NATS server, or a strange one. Gone with the test. */

/** Answers every connection as told; returns the port. */
export async function peer(t: TestContext, answer: (socket: Socket) => void): Promise<number> {
  return (await listening(t, createServer(), answer)).port;
}

export async function listening(
  t: TestContext,
  server: Server,
  answer: (socket: Socket) => void,
): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    if (server.listenerCount('secureConnection') === 0) answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A greeting as a NATS server sends it. */
export function info(fields: object = {}): string {
  return `INFO ${JSON.stringify({ server_id: 'X', version: '2.9.10', proto: 1, headers: true, max_payload: 1048576, ...fields })}\r\n`;
}

/** Plays a server by hand: greets, and gives every line of the client to `line`, which may answer. */
export async function scripted(
  t: TestContext,
  line: (text: string, socket: Socket) => void,
  fields: object = {},
): Promise<number> {
  return await peer(t, (socket) => {
    socket.write(info(fields));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const lines = text.split('\r\n');
      text = lines.pop() ?? '';
      for (const each of lines) line(each, socket);
    });
  });
}

const LISTENS_WITHOUT_ACCEPTING = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/**
 * A path that swallows packets: a port whose queue of waiting connections is full, so that the kernel drops what
 * comes. Undefined where the system answers such a connection (it refuses, or has a longer queue).
 */
export async function blackHole(t: TestContext): Promise<number | undefined> {
  const child = spawn(process.execPath, ['-e', LISTENS_WITHOUT_ACCEPTING], { stdio: ['ignore', 'pipe', 'ignore'] });
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(said.toString());
  for (let waiting = 0; waiting < 8; waiting += 1) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    const event = await Promise.race([
      once(socket, 'connect').then(() => 'connected'),
      once(socket, 'close').then(() => 'closed'),
      pause(300, 'swallowed', { ref: true }),
    ]);
    if (event === 'closed') return undefined;
    if (event === 'swallowed') return port;
  }
  return undefined;
}
