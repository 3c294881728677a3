import type { Message } from '../transport.ts';
import { Parser, type ProtocolHandler, SubscriptionImpl } from './client.ts';
import { MessageMemory } from './message-memory.ts';

/** A subscription to which messages may come without the engine's own object around them. */
export class DirectSubscription extends SubscriptionImpl {
  readonly deliver: (message: Message) => void;

  constructor(
    protocol: ProtocolHandler,
    pattern: string,
    options: { queue?: string; max?: number },
    deliver: (message: Message) => void,
  ) {
    super(protocol, pattern, {
      ...options,
      callback: (error, message) => {
        if (error === null) deliver(message);
      },
    });
    this.deliver = deliver;
  }
}

/** Of the engine's states, the two that count here. */
const AT_START = 0;
const IN_PAYLOAD = 15;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const [M, S, G, H] = [0x4d, 0x53, 0x47, 0x48];
/** The longest that is kept for comparison. */
const LONGEST_ROUTE = 512;
/** A size of more digits is none. */
const MOST_DIGITS = 9;
/** The most that a server may be told to let pass in one message. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The engine's parser goes from state to state with each byte and makes five views and four objects of a message: as much
 * work as reading its JSON. A plain message that lies whole in what the socket gave goes from here to its subscription;
 * all else (headers, pieces of messages, the other verbs, whatever is odd) goes through the engine as it came.
 *
 * Bytes that are no NATS protocol end the connection; the engine would print them and stop reading.
 */
export class MessageParser extends Parser {
  readonly #protocol: ProtocolHandler;
  readonly #broken: (error: Error) => void;
  readonly #memory: MessageMemory;
  /** `MSG <subject> <sid> ` of the last message as it stood on the wire: messages come in bursts. */
  readonly #route = new Uint8Array(LONGEST_ROUTE);
  #routeLength = 0;
  #subject = '';
  #sid = 0;
  /** Where the number ended that was read last. */
  #place = 0;
  /** A message of which not all has come, and how much of it has. */
  #message: Uint8Array | undefined;
  #collected = 0;

  constructor(protocol: ProtocolHandler, broken: (error: Error) => void, memory = new MessageMemory()) {
    super(protocol);
    this.#protocol = protocol;
    this.#memory = memory;
    this.#broken = broken;
  }

  override parse(bytes: Uint8Array): void {
    this.read(bytes, false);
  }

  /** `lent`: these bytes are written over when this returns, so that what is handed on is copied: each message once. */
  read(bytes: Uint8Array, lent: boolean): void {
    try {
      this.#read(bytes, lent);
    } catch {
      // The parser's message quotes what it read, which may be anybody's data.
      this.#broken(new Error('the server sent something that is not the NATS protocol'));
    }
  }

  #read(given: Uint8Array, lent: boolean): void {
    let bytes = given;
    let at = this.#collect(bytes, 0);
    if (lent && at < bytes.length) {
      bytes = Buffer.from(bytes.subarray(at));
      at = 0;
    }
    while (at < bytes.length) {
      if (this.state === AT_START) at = this.#collect(bytes, this.#takeWhole(bytes, at));
      if (at === bytes.length) return;
      const end = this.#endOfPiece(bytes, at);
      super.parse(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
      at = end;
    }
  }

  /** Puts a message together that goes on in what comes next: once, in memory for all of it. Returns where the next thing begins. */
  #collect(bytes: Uint8Array, start: number): number {
    let at = start;
    if (this.#message === undefined) {
      const size = this.state === AT_START ? sizeOfBegun(bytes, at) : 0;
      if (size === 0) return at;
      this.#message = this.#memory.take(size);
      this.#collected = 0;
    }
    const message: Uint8Array = this.#message;
    const end = Math.min(bytes.length, at + message.length - this.#collected);
    message.set(bytes.subarray(at, end), this.#collected);
    this.#collected += end - at;
    at = end;
    if (this.#collected === message.length) {
      this.#message = undefined;
      this.#read(message, false);
    }
    return at;
  }

  /** Hands on the messages from here on; returns where the first thing begins that is none, or not whole, or not plain. */
  #takeWhole(bytes: Uint8Array, start: number): number {
    let at = start;
    for (;;) {
      const routeEnd = this.#sameRoute(bytes, at) ? at + this.#routeLength : this.#readRoute(bytes, at);
      if (routeEnd < 0) return at;
      const subscription = this.#protocol.subscriptions.get(this.#sid);
      if (!(subscription instanceof DirectSubscription)) return at;

      let reply: string | undefined;
      let size = this.#number(bytes, routeEnd);
      if (bytes[this.#place] !== CR) {
        const replyEnd = bytes.indexOf(BLANK, routeEnd);
        if (replyEnd < 0) return at;
        size = this.#number(bytes, replyEnd + 1);
        if (bytes[this.#place] !== CR) return at;
        reply = textOf(bytes, routeEnd, replyEnd);
      }
      const from = this.#place + 2;
      const to = from + size;
      if (size < 0 || to + 2 > bytes.length) return at;
      if (bytes[from - 1] !== LF || bytes[to] !== CR || bytes[to + 1] !== LF) return at;

      at = to + 2;
      const data = new Uint8Array(bytes.buffer, bytes.byteOffset + from, size);
      this.#protocol.inMsgs += 1;
      this.#protocol.inBytes += size;
      subscription.received += 1;
      subscription.deliver({ subject: this.#subject, data, reply, headers: undefined });
      if (subscription.max !== undefined && subscription.received >= subscription.max) subscription.unsubscribe();
    }
  }

  #sameRoute(bytes: Uint8Array, at: number): boolean {
    const length = this.#routeLength;
    if (length === 0 || at + length > bytes.length) return false;
    const route = this.#route;
    for (let index = 0; index < length; index += 1) if (bytes[at + index] !== route[index]) return false;
    return true;
  }

  /** Returns where the route ends; -1 when there is none that is plain. */
  #readRoute(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== M || bytes[at + 1] !== S || bytes[at + 2] !== G || bytes[at + 3] !== BLANK) return -1;
    const subjectEnd = bytes.indexOf(BLANK, at + 4);
    if (subjectEnd < 0) return -1;
    const sid = this.#number(bytes, subjectEnd + 1);
    const end = this.#place + 1;
    if (sid < 0 || bytes[this.#place] !== BLANK || end - at > LONGEST_ROUTE) return -1;
    this.#sid = sid;
    this.#subject = textOf(bytes, at + 4, subjectEnd);
    this.#route.set(bytes.subarray(at, end));
    this.#routeLength = end - at;
    return end;
  }

  /** -1 where none stands. */
  #number(bytes: Uint8Array, from: number): number {
    let number = 0;
    let place = from;
    for (; place < bytes.length; place += 1) {
      const digit = bytes[place] ?? 0;
      if (digit < ZERO || digit > NINE) break;
      number = number * 10 + digit - ZERO;
    }
    this.#place = place;
    return place === from || place - from > MOST_DIGITS ? -1 : number;
  }

  /** Up to where the engine has to read before whole messages may follow. */
  #endOfPiece(bytes: Uint8Array, at: number): number {
    const { state } = this;
    if (state === IN_PAYLOAD) return Math.min(bytes.length, at + this.ma.size - (this.msgBuf?.length ?? 0) + 2);
    const line = bytes.indexOf(LF, at);
    if (line < 0) return bytes.length;
    // A message with its payload, which the engine else would copy.
    const size = state === AT_START && (bytes[at] === H || bytes[at] === M) ? lastNumber(bytes, line) : 0;
    return Math.min(bytes.length, line + 1 + (size === 0 ? 0 : size + 2));
  }
}

/** The first line of a message. Whatever else it is, the engine judges. */
const FIRST_LINE = /^(?:MSG \S+ \d+(?: \S+)?|HMSG \S+ \d+(?: \S+)? \d+) \d+\r\n$/;

/** The size of a message that begins here and does not end here; 0 where there is none, or it says what no server would. */
function sizeOfBegun(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== M && bytes[at] !== H) return 0;
  const line = bytes.indexOf(LF, at);
  if (line < 0) return 0;
  const size = lastNumber(bytes, line);
  const end = line + 1 + size + 2;
  if (end <= bytes.length || size > MOST_BYTES || line - at > LONGEST_ROUTE) return 0;
  return FIRST_LINE.test(textOf(bytes, at, line + 1)) ? end - at : 0;
}

const UTF8 = new TextDecoder();

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return UTF8.decode(bytes.subarray(from, to));
}

/** The number at the end of the line that ends there. */
function lastNumber(bytes: Uint8Array, lineEnd: number): number {
  let place = bytes[lineEnd - 1] === CR ? lineEnd - 2 : lineEnd - 1;
  let number = 0;
  for (let unit = 1; ; place -= 1, unit *= 10) {
    const digit = bytes[place] ?? 0;
    if (digit < ZERO || digit > NINE || unit > 10 ** MOST_DIGITS) return number;
    number += (digit - ZERO) * unit;
  }
}
