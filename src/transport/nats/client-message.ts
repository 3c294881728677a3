import type { HeaderView, Message, Transport } from '../transport.ts';
import { type ClientPublishOptions, headers, type Msg, type MsgHdrs, MsgHdrsImpl, type Payload } from './client.ts';

/** A message of ours as the client's own packages take it: besides what it holds, it can be answered. */
export class ClientMessage implements Msg {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly sid = 0;
  readonly reply?: string;
  readonly headers?: MsgHdrs;
  readonly #bus: Pick<Transport, 'publish'>;

  constructor(message: Message, bus: Pick<Transport, 'publish'>) {
    this.#bus = bus;
    this.subject = message.subject;
    this.data = message.data;
    if (message.reply !== undefined) this.reply = message.reply;
    const { headers: view } = message;
    if (view !== undefined) this.headers = clientHeaders(view);
  }

  respond(payload: Payload = new Uint8Array(), options?: ClientPublishOptions): boolean {
    if (!this.reply) return false;
    this.#bus.publish(this.reply, payload, publishOptions(options));
    return true;
  }

  string(): string {
    return new TextDecoder().decode(this.data);
  }

  json<T>(reviver?: Parameters<typeof JSON.parse>[1]): T {
    return JSON.parse(this.string(), reviver);
  }
}

/** What the client says when it publishes, as we say it. */
export function publishOptions(options: ClientPublishOptions | undefined): {
  reply?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
} {
  const { reply, headers: given } = options ?? {};
  return { reply, headers: given && Object.fromEntries(given.keys().map((name) => [name, given.get(name)])) };
}

function clientHeaders(view: HeaderView): MsgHdrs {
  // Over a NATS server they are the client's own, and only those tell the words that come with a status.
  if (view instanceof MsgHdrsImpl) return view;
  const copy = headers(view.code);
  for (const name of view.keys()) for (const value of view.values(name)) copy.append(name, value);
  return copy;
}
