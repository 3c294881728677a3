/**
 * A stream whose messages each go to one taker at a time, until one of them says that it is done; only JetStream is a home of it. What
 * is published to its subjects is kept, whoever publishes.
 */
export interface WorkQueue {
  readonly name: string;
  /** Makes what is not there, and changes what differs. Throws where the name is that of a stream of another kind. */
  ensure(): Promise<void>;
  /** Takes messages of one consumer, as many as are asked for. */
  take(consumer: string, options: TakeOptions): Taking;
  /** A message that nobody has finished; undefined when it is gone. */
  message(seq: number): Promise<Uint8Array | undefined>;
  /** It is done, and gone from the stream. */
  done(token: string): void;
  /** It is worked on: the time until it goes to somebody else begins again. */
  working(token: string): void;
  /** It goes to somebody else, after so long. */
  again(token: string, afterMs: number): void;
  /** How many nobody has finished. */
  waiting(): Promise<number>;
  /** How full it is; `maxBytes` is -1 where the server sets no limit. */
  room(): Promise<{ readonly messages: number; readonly bytes: number; readonly maxBytes: number }>;
}

export interface WorkQueueOptions {
  readonly name: string;
  readonly consumers: readonly WorkConsumer[];
  /** A full stream refuses what is new. */
  readonly maxBytes: number;
  readonly replicas?: number | undefined;
}

export interface WorkConsumer {
  readonly name: string;
  readonly subject: string;
  /** How long a taker may be silent. */
  readonly silenceMs: number;
  /** Messages that are taken and not done, at most. */
  readonly mostTaken: number;
}

export interface TakeOptions {
  receive(delivery: WorkDelivery): void;
  /** What was asked for will not come; asking again is up to the caller. */
  over(): void;
}

/** A message that was given to us. */
export interface WorkDelivery {
  readonly seq: number;
  /** How often it was given to anybody, this time included. */
  readonly count: number;
  readonly data: Uint8Array;
  /** Says which delivery is meant, to any connection. */
  readonly token: string;
}

export interface Taking {
  /** Messages that were asked for and have not come. */
  readonly coming: number;
  ask(count: number): void;
  /** Wants nothing of what was asked for any more; what was on its way has come by then. Asking again is possible. */
  rest(): Promise<void>;
  /** As `rest`, for good. */
  stop(): Promise<void>;
}
