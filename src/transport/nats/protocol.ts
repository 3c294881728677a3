import {
  type ClientOptions,
  type ClientPublishOptions,
  dialThrough,
  type MsgHdrsImpl,
  type Payload,
  ProtocolHandler,
  type Server,
  type Status,
} from './client.ts';
import { DialProblem } from './dial.ts';
import { MessageMemory } from './message-memory.ts';
import { MessageParser } from './parser.ts';
import type { Chunk, NatsSocket } from './socket.ts';

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
   * Of a long text the engine makes bytes, and copies them behind what waits: twice its size, outside the heap, each time. It is
   * written as it is, into memory that is given back when it is sent.
   */
  override publish(subject: string, payload?: Payload, options?: ClientPublishOptions): void {
    const isLong = typeof payload === 'string' && payload.length >= LONG;
    const head = isLong && this.connected && this.infoReceived ? this.#headOf(subject, payload, options) : undefined;
    if (head === undefined) return super.publish(subject, payload, options);
    this.socket?.sendAll([this.outbound.drain(), ...head, payload ?? '', '\r\n']);
  }

  /** What stands before the payload, once it is counted; undefined where it is more than the server takes. */
  #headOf(subject: string, text: string, { reply, headers }: ClientPublishOptions = {}): readonly Chunk[] | undefined {
    const fields = headers === undefined ? undefined : (headers as MsgHdrsImpl).encode();
    const bytes = Buffer.byteLength(text) + (fields?.length ?? 0);
    if (bytes > (this.info?.max_payload ?? Number.POSITIVE_INFINITY)) return undefined;
    this.outMsgs += 1;
    this.outBytes += bytes;
    const to = reply ? `${subject} ${reply}` : subject;
    return fields === undefined ? [`PUB ${to} ${bytes}\r\n`] : [`HPUB ${to} ${fields.length} ${bytes}\r\n`, fields];
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
