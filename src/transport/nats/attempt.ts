import type { ErrorCode } from '../../errors.ts';
import type { SomeAdvice } from '../../remedy.ts';
import type { SettingNames } from '../options.ts';
import type { ServerAddress } from './address.ts';
import type { Credentials } from './auth.ts';
import type { Greeting, Stage } from './dial.ts';
import type { Peer } from './peer.ts';

/** Which TLS settings there are. */
export interface TlsAsked {
  /** Without TLS we talk to nobody. */
  readonly asked: boolean;
  readonly first: boolean;
  readonly ca: boolean;
  readonly cert: boolean;
  readonly called: SettingNames;
}

/** All that is known of a connect that failed. */
export interface Attempt {
  readonly address: ServerAddress;
  readonly stage: Stage;
  readonly error: unknown;
  /** It did not fail by itself: the time was over. */
  readonly timedOut: boolean;
  readonly timeoutMs: number;
  readonly info: Greeting | undefined;
  readonly peer: Peer | undefined;
  /** What the server said in `-ERR`, in order. */
  readonly complaints: readonly string[];
  readonly credentials: Credentials;
  /** What must not be shown, of all servers together. */
  readonly secrets: readonly string[];
  readonly tls: TlsAsked;
  /** When our own certificate ends, in ms since 1970. */
  readonly certExpiresAt: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type Failure = SomeAdvice & {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable?: boolean;
};
