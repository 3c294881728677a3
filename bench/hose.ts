import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** As much of a NATS server as one reader needs: it pours ready-made messages as fast as they are read, and loses none. */
export interface Hose {
  readonly url: string;
  /** Resolves when the next client subscribed and was told so. */
  ready(): Promise<void>;
  /** Pours so many messages; resolves when the socket took them. */
  pour(count: number): Promise<void>;
  close(): void;
}

const PIECE = 500;
const INFO = {
  server_id: 'HOSE',
  server_name: 'hose',
  version: '2.10.0',
  proto: 1,
  max_payload: 1_048_576,
  headers: true,
};

export async function openHose(pattern: string, subject: string, payload: Uint8Array): Promise<Hose> {
  let socket: Socket | undefined;
  let sid = '';
  let tellReady = (): void => {};
  let ready = new Promise<void>((resolve) => {
    tellReady = resolve;
  });
  const server = createServer((client) => {
    client.write(`INFO ${JSON.stringify({ ...INFO, client_id: 1, client_ip: '127.0.0.1' })}\r\n`);
    client.on('error', () => {});
    let said = '';
    client.on('data', (chunk) => {
      said += chunk.toString('latin1');
      for (let end = said.indexOf('\r\n'); end >= 0; end = said.indexOf('\r\n')) {
        const [verb = '', ...words] = said.slice(0, end).split(' ');
        said = said.slice(end + 2);
        if (verb === 'SUB' && words[0] === pattern) sid = words.at(-1) ?? '';
        if (verb !== 'PING') continue;
        client.write('PONG\r\n');
        if (sid === '') continue;
        socket = client;
        tellReady();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: async () => {
      await ready;
      ready = new Promise((resolve) => {
        tellReady = resolve;
      });
    },
    pour: async (count) => {
      const to = socket as Socket;
      const frame = Buffer.concat([
        Buffer.from(`MSG ${subject} ${sid} ${payload.length}\r\n`),
        payload,
        Buffer.from('\r\n'),
      ]);
      const piece = Buffer.concat(new Array<Buffer>(PIECE).fill(frame));
      sid = '';
      let wake = (): void => {};
      const room = (): Promise<void> =>
        new Promise((resolve) => {
          wake = resolve;
          if (to.destroyed) resolve();
        });
      to.on('drain', () => wake());
      to.on('close', () => wake());
      for (let left = count; left > 0 && !to.destroyed; left -= PIECE) {
        const bytes = left >= PIECE ? piece : piece.subarray(0, left * frame.length);
        if (!to.write(bytes)) await room();
      }
    },
    close: () => {
      socket?.destroy();
      server.close();
    },
  };
}
