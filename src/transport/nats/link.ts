import type { HeddleError } from '../../errors.ts';
import { Confirmations } from '../confirmations.ts';
import { connectionClosed, connectionLost } from '../failures.ts';
import { News } from '../news.ts';
import type { ServerInfo } from '../transport.ts';
import type { Status } from './client.ts';
import { dialFailure, type Joined } from './connect.ts';
import { complaintEvent } from './events.ts';
import { serverInfo } from './info.ts';
import type { Plan } from './plan.ts';
import type { NatsProtocol } from './protocol.ts';

const CLOSED_BY_SERVER = 'the server closed the connection';

/** The life of one connection after it was accepted: away, back, gone, and the news of it. */
export class NatsLink {
  readonly protocol: NatsProtocol;
  readonly plan: Plan;
  readonly confirmations = new Confirmations();
  readonly news = new News();
  readonly closed: Promise<HeddleError | undefined>;
  /** Why publishing is not just sending; undefined while it is. */
  gate: 'away' | 'closed' | undefined;
  url: string;
  /** Called when the connection is back, before anybody hears of it. */
  onBack: () => void = () => {};

  readonly #joined: Joined;
  /** Those who wait for a pong, to be told when it will not come. */
  readonly #waiting = new Set<(error: HeddleError) => void>();
  #settleClosed: (reason: HeddleError | undefined) => void = () => {};
  #askedToClose = false;
  /** The last thing the server complained of on this connection, permissions aside. */
  #complaint: HeddleError | undefined;
  #reason: HeddleError | undefined;
  #info: ServerInfo;
  #infoSource: unknown;

  constructor(joined: Joined, plan: Plan) {
    this.#joined = joined;
    this.plan = plan;
    this.protocol = joined.protocol;
    this.url = this.#server();
    this.#infoSource = this.protocol.info;
    this.#info = serverInfo({ ...this.protocol.info }, this.protocol.transport.isEncrypted());
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.protocol.onStatus = (status) => this.#heard(status);
    void this.protocol.closed.then(() => this.#ended());
  }

  get closedByUs(): boolean {
    return this.#askedToClose;
  }

  get info(): ServerInfo {
    const { info, transport } = this.protocol;
    if (info !== undefined && info !== this.#infoSource) {
      this.#infoSource = info;
      this.#info = serverInfo({ ...info }, transport.isEncrypted());
    }
    return this.#info;
  }

  /** Sends a ping; the pong comes after everything that the server has to say about what was sent before. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.protocol.flush().then(
        () => {
          this.#waiting.delete(reject);
          resolve();
        },
        () => {
          this.#waiting.delete(reject);
          reject(this.lostError());
        },
      );
    });
  }

  /** Tells everybody who waits for a pong that it will not come. */
  stopWaiting(): void {
    const error = this.#askedToClose ? this.closedError() : this.lostError();
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    if (this.gate !== 'closed') {
      this.#askedToClose = true;
      this.gate = 'closed';
      await this.protocol.close();
    }
    await this.closed;
  }

  closedError(): HeddleError {
    return this.#reason ?? connectionClosed(this.url);
  }

  /** `uncertain` messages were sent and not confirmed, `held` ones were not sent. */
  lostError(uncertain = 0, held = 0): HeddleError {
    return connectionLost(this.url, uncertain, held, { remedy: { do: 'check-server' } });
  }

  #heard(status: Status): void {
    switch (status.type) {
      case 'disconnect':
        this.#dropped();
        break;
      case 'reconnecting':
        this.#joined.backoff.attempted(this.protocol.servers.length());
        this.news.tell({ kind: 'reconnecting', server: this.#server(), reason: this.#whyNot() });
        break;
      case 'reconnect':
        this.#cameBack();
        break;
      case 'staleConnection':
        // The client ends a connection in this way also when the credentials expired; that was told already.
        if (!this.#complaint?.code.startsWith('auth_')) this.news.tell({ kind: 'stale', server: this.url });
        break;
      case 'ldm':
        this.news.tell({ kind: 'lame_duck', server: this.url });
        break;
      case 'error':
        this.#complained(status.error);
        break;
    }
  }

  #complained(error: Error): void {
    const { protocol, plan } = this;
    const connection = {
      address: this.#joined.addresses.get(protocol.server.listen) ?? { label: this.#server() },
      info: protocol.socket?.info,
      credentials: plan.credentials,
      now: plan.clock.now(),
    };
    const event = complaintEvent(error, connection, plan);
    if (event.kind === 'permission') this.confirmations.refused(event.error);
    else if (event.kind === 'error') this.#complaint = event.error;
    this.news.tell(event);
  }

  #dropped(): void {
    this.confirmations.dropped(this.protocol.outMsgs);
    if (this.gate === 'closed') return;
    const reason = this.#complaint?.message ?? this.protocol.socket?.whyClosed ?? CLOSED_BY_SERVER;
    this.gate = this.plan.reconnect ? 'away' : 'closed';
    if (this.gate === 'closed') this.#reason = this.#complaint ?? this.lostError();
    this.stopWaiting();
    this.news.tell({ kind: 'disconnected', server: this.url, reason });
  }

  #cameBack(): void {
    if (this.gate !== 'away') return;
    this.gate = undefined;
    this.#complaint = undefined;
    this.#joined.backoff.succeeded();
    this.url = this.#server();
    this.onBack();
    // Whoever hears that we are back may count on its subscriptions, so the server must have them first.
    const { url } = this;
    this.ping().then(
      () => this.news.tell({ kind: 'reconnected', server: url }),
      () => {
        // It is gone again, and that is told.
      },
    );
  }

  /** The connection is gone for good. */
  #ended(): void {
    this.gate = 'closed';
    if (!this.#askedToClose) this.#reason ??= this.lostError();
    const error = this.#askedToClose ? undefined : this.#reason;
    this.stopWaiting();
    this.#settleClosed(error);
    this.news.tell({ kind: 'closed', error });
  }

  /** The server that the engine is at, as it was named to us. */
  #server(): string {
    const { protocol } = this;
    const scheme = protocol.transport.isEncrypted() ? 'tls' : 'nats';
    return this.#joined.addresses.get(protocol.server.listen)?.label ?? `${scheme}://${protocol.server.listen}`;
  }

  /** Why the latest attempt to reconnect failed; undefined for the first one. */
  #whyNot(): string | undefined {
    const { socket, server } = this.protocol;
    const address = this.#joined.addresses.get(server.listen);
    if (socket === undefined || address === undefined) return undefined;
    if (socket.problem === undefined && socket.complaints.length === 0) return undefined;
    return dialFailure(this.plan, address, socket).message;
  }
}
