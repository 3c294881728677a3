import { nextTurn } from '../../time/turn.ts';
import { type ClientOptions, dialThrough, ProtocolHandler, type Server, type Status } from './client.ts';
import { DialProblem } from './dial.ts';
import { MessageParser } from './parser.ts';
import type { NatsSocket } from './socket.ts';

/**
 * The client's engine over a socket of ours. Its news come at once instead of through a queue, so that a refusal is
 * known before the pong that follows it.
 */
export class NatsProtocol extends ProtocolHandler {
  /** The socket of the latest dial. */
  socket: NatsSocket | undefined;
  onStatus: (status: Status) => void = () => {};
  readonly #openSocket: () => NatsSocket;
  readonly #write = (): void => {
    if (this.connected && this.infoReceived && this.outbound.size() > 0) this.transport.send(this.outbound.drain());
  };

  constructor(options: ClientOptions, openSocket: () => NatsSocket) {
    super(options, { publish: refuse });
    this.#openSocket = openSocket;
  }

  override dispatchStatus(status: Status): void {
    // As long as we are not in, a complaint is why we are not.
    if (status.type === 'error' && this.connectError !== undefined) this.socket?.complaints.push(status.error.message);
    this.onStatus(status);
  }

  override dial(server: Server): Promise<void> {
    const open = (): NatsSocket => {
      this.socket = this.#openSocket();
      return this.socket;
    };
    return dialThrough(open, () => super.dial(server));
  }

  /** Called before every dial; a new connection gets a new parser. */
  override resetOutbound(): void {
    super.resetOutbound();
    this.parser = new MessageParser(this, (error) => this.socket?.fail(error));
  }

  /**
   * What is sent within one turn of the event loop leaves in one write, whatever made it be sent; the engine would write after each
   * event, and a write costs more than a message. Who flushes waits for no turn.
   */
  override sendCommand(command: string | Uint8Array, ...payloads: Uint8Array[]): void {
    const isFirst = this.outbound.length() === 0;
    this.outbound.fill(typeof command === 'string' ? Buffer.from(command) : command, ...payloads);
    if (isFirst) nextTurn(this.#write);
    else if (this.outbound.size() >= this.pendingLimit) this.#write();
  }

  /**
   * A message of text in one piece, where the engine makes three of it, each with memory of its own. `size`: of the text in bytes;
   * `headers`: as they stand on the wire. What the server takes at most is for the caller to know.
   */
  publishText(subject: string, text: string, size: number, reply: string | undefined, headers: string): void {
    const to = reply === undefined ? subject : `${subject} ${reply}`;
    const headerSize = Buffer.byteLength(headers);
    const sizes = headers === '' ? size : `${headerSize} ${headerSize + size}`;
    this.outMsgs += 1;
    this.outBytes += headerSize + size;
    this.sendCommand(`${headers === '' ? 'PUB' : 'HPUB'} ${to} ${sizes}\r\n${headers}${text}\r\n`);
  }

  /** What was sent before leaves before. */
  override close(error?: Error): Promise<void> {
    this.#write();
    return super.close(error);
  }

  /** Gives up a connect that is under way: `dialLoop` then rejects. */
  abandon(): void {
    this.socket?.discard();
    this.connectError?.(new DialProblem('given_up'));
  }
}

/** The engine keeps the connection object of `connect` and never uses it. */
function refuse(): never {
  throw new Error('messages are published through the transport');
}
