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
