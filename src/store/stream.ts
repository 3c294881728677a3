/**
 * Messages kept in the order in which they were taken. Three homes keep these promises: a stream in JetStream, a directory,
 * memory. test/store/promises.ts is the list of promises.
 */
export interface Stream {
  readonly name: string;
  /**
   * Makes the stream where there is none. One that stands is compared with what is wanted, and is changed only when that is
   * asked for: whoever else uses it counts on what it has.
   */
  ensure(limits: StreamLimits, options?: { readonly change?: boolean | undefined }): Promise<Ensured>;
  /** Resolves when it is kept: written to the disk, or confirmed by the server. */
  append(data: Uint8Array | string, options?: AppendOptions): Promise<Appended>;
  /** Nothing happens before the reading is iterated, or made ready. */
  read(options?: ReadOptions): Reading;
  info(): Promise<StreamInfo>;
  /** Removes what matches all that is given; everything, when nothing is given. Returns how many there were. */
  purge(what?: PurgeChoice): Promise<number>;
  /** Removes single messages, and their bytes from the disk. Returns how many there were. */
  remove(seqs: readonly number[]): Promise<number>;
  /** Removes the stream itself with all that it keeps. One that is not there is no error. */
  destroy(): Promise<void>;
  /** Ends what was begun here. The messages stay, except in memory. */
  close(): Promise<void>;
}

/** What is not given is of no matter: a new stream then has no such limit. */
export interface StreamLimits {
  /** Patterns of the subjects it takes. A stream in JetStream captures them, whoever publishes. */
  readonly subjects?: readonly string[] | undefined;
  readonly maxMessages?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly maxAgeMs?: number | undefined;
  /** How long the id of a message is remembered. Default two minutes, or `maxAgeMs` when that is less. */
  readonly dedupeMs?: number | undefined;
}

export interface Ensured {
  /** It was not there before. */
  readonly made: boolean;
  /** What differed; where `changed` is true, before the change. */
  readonly differences: readonly Difference[];
  readonly changed: boolean;
}

/** `is` undefined: it has no such limit. */
export interface Difference {
  readonly what: string;
  readonly is: number | string | readonly string[] | undefined;
  readonly wanted: number | string | readonly string[];
}

export interface AppendOptions {
  /** Appended again with the same id within the window, it is kept once, and the answer is that of the first time. */
  readonly id?: string | undefined;
  /** Needed where the stream takes several subjects. */
  readonly subject?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For the confirmation. Default 5000. */
  readonly timeoutMs?: number | undefined;
}

export interface Appended {
  readonly seq: number;
  /** This id was there already, under this sequence. */
  readonly duplicate: boolean;
}

export interface ReadOptions {
  /**
   * `all`: from the first that is kept. `new`: what comes from now on. A sequence or a time (milliseconds since 1970): from
   * there, the place itself included. `last`: the last so many that match.
   */
  readonly from?: 'all' | 'new' | { readonly seq: number } | { readonly time: number } | { readonly last: number };
  /** `now`: ends after what was there at the beginning. Else the reading follows until it is aborted. */
  readonly until?: 'now' | undefined;
  /** A subject pattern; only what matches is told. */
  readonly subject?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The data of each is needed until the next is asked for, and no longer. */
  readonly fleeting?: boolean | undefined;
}

/**
 * Can be iterated once. It ends without an error when it is aborted or closed. When the connection drops, it goes on after
 * the last message that it told as soon as the connection is back; it throws when the connection is gone for good.
 */
export interface Reading extends AsyncIterable<Kept | Gap> {
  /** Finds the place without reading on. Resolves with how many that match lie ahead. */
  ready(): Promise<number>;
  close(): Promise<void>;
}

/** A message that the stream keeps. */
export interface Kept {
  readonly kind: 'kept';
  /** Counted by the stream, from 1. */
  readonly seq: number;
  /** Milliseconds since 1970, when the stream took it. */
  readonly at: number;
  readonly subject: string | undefined;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly id: string | undefined;
}

/**
 * These sequences were to be told and are kept no more: evicted by a limit, or purged. A reading of some subjects tells only
 * of what is before the first sequence that is kept, and that may have been of other subjects.
 */
export interface Gap {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
  /** They did not come, and whoever knows whether they are kept could not be asked. */
  readonly unread?: true;
}

export interface PurgeChoice {
  readonly subject?: string | undefined;
  /** Those with a lower sequence. */
  readonly before?: number | undefined;
}

export interface StreamInfo {
  readonly name: string;
  readonly limits: StreamLimits;
  /** When the stream was made, in milliseconds since 1970, where its home knows: a server tells. Made anew, it counts from 1 again. */
  readonly madeAt?: number | undefined;
  /** The lowest sequence that is kept; one more than `last` when nothing is. */
  readonly first: number;
  /** The highest sequence ever given; 0 before the first. */
  readonly last: number;
  /** When the first that is kept was taken, in milliseconds since 1970; undefined when nothing is. */
  readonly firstAt: number | undefined;
  readonly messages: number;
  readonly bytes: number;
  /** How many were taken and are kept no more: evicted by a limit, or purged. */
  readonly evicted: number;
}
