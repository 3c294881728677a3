/** What a client said, in the order it said it. Text is latin1, one character a byte, so that it goes out as it came in. */
export interface Commands {
  connect(options: string): void;
  ping(): void;
  pong(): void;
  subscribe(subject: string, queue: string | undefined, sid: string): void;
  unsubscribe(sid: string, max: number): void;
  /** Asked before the payload is read, so that nothing is buffered for who may not send. False ends the reading. */
  announce(withHeaders: boolean, size: number): boolean;
  /** `body` holds headers and data at `start`, with the closing CRLF after `size` bytes. Nobody writes to it again. */
  publish(subject: string, reply: string, headerSize: number, body: Buffer, start: number, size: number): void;
  /** The bytes are no protocol, and the reader takes nothing more. `reply` is empty where none is due. */
  broken(reply: string): void;
}

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;
const LONGEST_OPERATION = 8;
const OPERATIONS = ['pub', 'hpub', 'sub', 'unsub', 'ping', 'pong', 'connect', 'info', '+ok', '-err'] as const;
type Operation = (typeof OPERATIONS)[number];
const NEEDS_ARGUMENTS: ReadonlySet<Operation> = new Set(['pub', 'hpub', 'sub', 'unsub', 'connect'] as const);
const EMPTY = Buffer.alloc(0);

/**
 * The client side of the NATS protocol, from chunks cut anywhere. Holds at most one unfinished control line and one
 * unfinished payload, both bounded. Payloads that arrive whole are never copied here.
 */
export class Reader {
  readonly #commands: Commands;
  readonly #maxLine: number;
  #open = true;
  /** An unfinished control line. */
  #line = EMPTY;
  #awaitsBody = false;
  #subject = '';
  #reply = '';
  #headerSize = -1;
  #size = 0;
  /** An unfinished payload with its CRLF; undefined while none of it came. */
  #body: Buffer | undefined;
  #filled = 0;
  readonly #from = new Int32Array(5);
  readonly #to = new Int32Array(5);

  constructor(commands: Commands, maxControlLine: number) {
    this.#commands = commands;
    this.#maxLine = maxControlLine;
  }

  /** After this nothing is taken any more, also not the rest of the chunk at hand. */
  stop(): void {
    this.#open = false;
    this.#line = EMPTY;
    this.#body = undefined;
  }

  read(chunk: Buffer): void {
    let at = 0;
    while (this.#open && at < chunk.length) {
      if (this.#awaitsBody) at = this.#readBody(chunk, at);
      else if (this.#line.length > 0) at = this.#finishLine(chunk);
      else {
        const end = chunk.indexOf(NEWLINE, at);
        if (end < 0) {
          this.#keepLine(chunk.subarray(at));
          return;
        }
        this.#readLine(chunk, at, end);
        at = end + 1;
      }
    }
  }

  #finishLine(chunk: Buffer): number {
    const end = chunk.indexOf(NEWLINE);
    const line = Buffer.concat([this.#line, end < 0 ? chunk : chunk.subarray(0, end + 1)]);
    this.#line = EMPTY;
    if (end < 0) {
      this.#keepLine(line);
      return chunk.length;
    }
    this.#readLine(line, 0, line.length - 1);
    return end + 1;
  }

  /** Garbage without a line break is refused at its first bytes instead of being collected. */
  #keepLine(line: Buffer): void {
    const start = line.toString('latin1', 0, LONGEST_OPERATION).toLowerCase();
    const word = /^[^ \t\r]*/.exec(start)?.[0] ?? '';
    const complete = word.length < start.length;
    const plausible = OPERATIONS.some((operation) => (complete ? operation === word : operation.startsWith(word)));
    if (!plausible) this.#unknown();
    else if (line.length > this.#maxLine + LONGEST_OPERATION + 1) this.#fail("-ERR 'maximum control line exceeded'");
    // A copy: a few bytes must not keep the whole chunk alive.
    else this.#line = Buffer.from(line);
  }

  #readLine(data: Buffer, start: number, newline: number): void {
    const end = newline > start && data[newline - 1] === RETURN ? newline - 1 : newline;
    let word = start;
    while (word < end && data[word] !== SPACE && data[word] !== TAB) word += 1;
    const operation = operationAt(data, start, word);
    // A bare `PUB` is no operation, while one followed by blanks only lacks its arguments.
    if (operation === undefined || (word === end && NEEDS_ARGUMENTS.has(operation))) this.#unknown();
    else if (end - word - 1 > this.#maxLine) this.#fail("-ERR 'maximum control line exceeded'");
    else if (!this.#operate(operation, data, word, end)) {
      this.#fail(`-ERR 'Invalid Arguments for ${operation.toUpperCase()}'`);
    }
  }

  /** False when the arguments are none for this operation. */
  #operate(operation: Operation, data: Buffer, start: number, end: number): boolean {
    const commands = this.#commands;
    switch (operation) {
      case 'pub':
        return this.#readPublish(data, this.#split(data, start, end));
      case 'hpub':
        return this.#readHeaderPublish(data, this.#split(data, start, end));
      case 'sub':
        return this.#readSubscribe(data, this.#split(data, start, end));
      case 'unsub':
        return this.#readUnsubscribe(data, this.#split(data, start, end));
      case 'ping':
        commands.ping();
        return true;
      case 'pong':
        commands.pong();
        return true;
      case 'connect':
        commands.connect(data.toString('latin1', start, end));
        return true;
      case '-err':
        // A client has no errors to report; a server takes this as the end.
        this.#fail('');
        return true;
      default:
        return true;
    }
  }

  #readPublish(data: Buffer, count: number): boolean {
    if (count !== 2 && count !== 3) return false;
    const size = this.#number(data, count - 1);
    if (size < 0) return false;
    this.#expectBody(this.#text(data, 0), count === 3 ? this.#text(data, 1) : '', -1, size);
    return true;
  }

  #readHeaderPublish(data: Buffer, count: number): boolean {
    if (count !== 3 && count !== 4) return false;
    const headerSize = this.#number(data, count - 2);
    const size = this.#number(data, count - 1);
    if (headerSize < 0 || size < headerSize) return false;
    this.#expectBody(this.#text(data, 0), count === 4 ? this.#text(data, 1) : '', headerSize, size);
    return true;
  }

  #readSubscribe(data: Buffer, count: number): boolean {
    if (count !== 2 && count !== 3) return false;
    const queue = count === 3 ? this.#text(data, 1) : undefined;
    this.#commands.subscribe(this.#text(data, 0), queue, this.#text(data, count - 1));
    return true;
  }

  #readUnsubscribe(data: Buffer, count: number): boolean {
    if (count !== 1 && count !== 2) return false;
    this.#commands.unsubscribe(this.#text(data, 0), count === 2 ? this.#number(data, 1) : 0);
    return true;
  }

  #expectBody(subject: string, reply: string, headerSize: number, size: number): void {
    if (!this.#commands.announce(headerSize >= 0, size)) {
      this.stop();
      return;
    }
    this.#subject = subject;
    this.#reply = reply;
    this.#headerSize = headerSize;
    this.#size = size;
    this.#awaitsBody = true;
  }

  /** Returns where the next control line begins. */
  #readBody(chunk: Buffer, at: number): number {
    const wanted = this.#size + 2;
    if (this.#body === undefined && chunk.length - at >= wanted) {
      this.#endBody(chunk, at);
      return at + wanted;
    }
    this.#body ??= Buffer.allocUnsafeSlow(wanted);
    const taken = chunk.copy(this.#body, this.#filled, at, Math.min(chunk.length, at + wanted - this.#filled));
    this.#filled += taken;
    if (this.#filled === wanted) {
      const body = this.#body;
      this.#body = undefined;
      this.#filled = 0;
      this.#endBody(body, 0);
    }
    return at + taken;
  }

  #endBody(data: Buffer, start: number): void {
    const end = start + this.#size;
    this.#awaitsBody = false;
    if (data[end] !== RETURN || data[end + 1] !== NEWLINE) this.#unknown();
    else this.#commands.publish(this.#subject, this.#reply, this.#headerSize, data, start, this.#size);
  }

  /** Marks the arguments; one more than fits is "too many" for every operation. */
  #split(data: Buffer, start: number, end: number): number {
    let count = 0;
    let at = start;
    while (at < end) {
      let byte = data[at];
      while (at < end && (byte === SPACE || byte === TAB || byte === RETURN)) byte = data[++at];
      if (at >= end) break;
      if (count === this.#from.length) return count + 1;
      this.#from[count] = at;
      while (at < end && byte !== SPACE && byte !== TAB && byte !== RETURN) byte = data[++at];
      this.#to[count] = at;
      count += 1;
    }
    return count;
  }

  #text(data: Buffer, index: number): string {
    return data.toString('latin1', this.#from[index], this.#to[index]);
  }

  /** -1 for anything but digits. */
  #number(data: Buffer, index: number): number {
    let value = 0;
    for (let at = this.#from[index] as number; at < (this.#to[index] as number); at += 1) {
      const digit = (data[at] as number) - 48;
      if (digit < 0 || digit > 9) return -1;
      value = value * 10 + digit;
    }
    return value;
  }

  #unknown(): void {
    this.#fail("-ERR 'Unknown Protocol Operation'");
  }

  #fail(reply: string): void {
    this.stop();
    this.#commands.broken(reply);
  }
}

function operationAt(data: Buffer, start: number, end: number): Operation | undefined {
  for (const operation of OPERATIONS) if (spells(operation, data, start, end)) return operation;
  return undefined;
}

function spells(operation: string, data: Buffer, start: number, end: number): boolean {
  if (end - start !== operation.length) return false;
  for (let index = 0; index < operation.length; index += 1) {
    const byte = data[start + index] as number;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== operation.charCodeAt(index)) return false;
  }
  return true;
}
