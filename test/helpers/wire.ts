import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that speaks the protocol by hand. Text is latin1, one character a byte. */
export interface Wire {
  readonly socket: Socket;
  /** The first line that the server said, without `INFO`. */
  readonly info: string;
  /** All that came since the greeting. */
  readonly heard: string;
  readonly closed: boolean;
  say(text: string): void;
  /** Waits until `heard` matches, or until the server closed. */
  until(pattern: RegExp): Promise<void>;
  /** One ping and its pong: what was said before is done. Resolves too when the server closes. */
  sync(): Promise<void>;
  untilClosed(): Promise<void>;
  hangUp(): void;
}

const PATIENCE_MS = 15_000;

export async function wire(port: number, host = '127.0.0.1'): Promise<Wire> {
  const socket = connect({ port, host, noDelay: true });
  await once(socket, 'connect');
  let text = '';
  let info = '';
  let closed = false;
  let pings = 0;
  let news = () => {};
  const changed = () => {
    if (info === '' && text.includes('\r\n')) {
      info = text.slice('INFO '.length, text.indexOf('\r\n'));
      text = text.slice(text.indexOf('\r\n') + 2);
    }
    news();
  };
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    changed();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    changed();
  });
  const until = async (done: () => boolean, what: string) => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`waited for ${what}, heard ${JSON.stringify(text)}`)), PATIENCE_MS);
      news = () => {
        if (done()) resolve();
      };
      news();
    }).finally(() => clearTimeout(timer));
    news = () => {};
  };
  const self: Wire = {
    socket,
    get info() {
      return info;
    },
    get heard() {
      return text;
    },
    get closed() {
      return closed;
    },
    say(words) {
      pings += words.split(/^PING\b.*\r?\n/im).length - 1;
      if (!socket.destroyed) socket.write(words, 'latin1');
    },
    until: (pattern) => until(() => pattern.test(text) || closed, String(pattern)),
    async sync() {
      self.say('PING\r\n');
      await until(() => closed || text.split('PONG\r\n').length - 1 >= pings, `${pings} pongs`);
    },
    untilClosed: () => until(() => closed, 'the end'),
    hangUp: () => socket.destroy(),
  };
  await until(() => info !== '' || closed, 'INFO');
  return self;
}
