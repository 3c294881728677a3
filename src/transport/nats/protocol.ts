import { type ClientOptions, dialThrough, ProtocolHandler, type Server, type Status } from './client.ts';
import { DialProblem } from './dial.ts';
import { MessageMemory } from './message-memory.ts';
import { MessageParser } from './parser.ts';
import type { NatsSocket } from './socket.ts';

/** Shorter text is worth no write of its own. */
const LONG = 16 * 1024;

/**
 * The client's engine over a socket of ours. Its news come at once instead of through a queue, so that a refusal is
 * known before the pong that follows it.
 */
export class NatsProtocol extends ProtocolHandler {
  /** The socket of the latest dial. */
  socket: NatsSocket | undefined;
  onStatus: (status: Status) => void = () => {};
  readonly #openSocket: () => NatsSocket;
  readonly memory = new MessageMemory();
  #parser: MessageParser;

  constructor(options: ClientOptions, openSocket: () => NatsSocket) {
    super(options, { publish: refuse });
    this.#openSocket = openSocket;
    this.#parser = this.#newParser();
  }

  override dispatchStatus(status: Status): void {
    // As long as we are not in, a complaint is why we are not.
    if (status.type === 'error' && this.connectError !== undefined) this.socket?.complaints.push(status.error.message);
    this.onStatus(status);
  }

  override dial(server: Server): Promise<void> {
    const open = (): NatsSocket => {
      const socket = this.#openSocket();
      socket.onBytes = (bytes, lent) => this.#parser.read(bytes, lent);
      this.socket = socket;
      return socket;
    };
    return dialThrough(open, () => super.dial(server));
  }

  /**
   * A message of text in one piece, where the engine makes three or four of it, each with memory of its own, outside the heap. A long
   * one is not even copied behind what waits: it is written as it is, into memory that is given back when it is sent. `fields`: headers
   * as they stand on the wire. False where it is more than the server takes; then nothing was counted or sent.
   */
  publishText(subject: string, text: string, reply: string | undefined, fields: string): boolean {
    const fieldBytes = fields === '' ? 0 : Buffer.byteLength(fields);
    const bytes = fieldBytes + Buffer.byteLength(text);
    if (bytes > (this.info?.max_payload ?? Number.POSITIVE_INFINITY)) return false;
    this.outMsgs += 1;
    this.outBytes += bytes;
    const to = reply === undefined ? subject : `${subject} ${reply}`;
    const head = fields === '' ? `PUB ${to} ${bytes}\r\n` : `HPUB ${to} ${fieldBytes} ${bytes}\r\n${fields}`;
    if (text.length < LONG || !this.connected || !this.infoReceived) {
      this.sendCommand(Buffer.from(`${head}${text}\r\n`));
    } else this.socket?.sendAll([this.outbound.drain(), head, text, '\r\n']);
    return true;
  }

  /** Called before every dial; a new connection gets a new parser. */
  override resetOutbound(): void {
    super.resetOutbound();
    this.#parser = this.#newParser();
    this.parser = this.#parser;
  }

  #newParser(): MessageParser {
    return new MessageParser(this, (error) => this.socket?.fail(error), this.memory);
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
