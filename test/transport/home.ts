import type { TestContext } from 'node:test';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { BusUser } from '../../src/transport/permissions.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** A kind of bus that is held to the promises of test/transport/promises.ts. */
export interface Home {
  readonly name: string;
  start(t: TestContext, setup: HomeSetup): Promise<RunningHome>;
}

export interface HomeSetup {
  readonly users?: readonly BusUser[];
  /** Bytes. */
  readonly maxPayload?: number;
}

/** A bus of one test's own; it ends with the test. */
export interface RunningHome {
  connect(options?: Partial<ConnectOptions>): Promise<Transport>;
  /** Ends the server, connections and all. */
  kill(): Promise<void>;
  /** Brings it back where it was. */
  revive(): Promise<void>;
  /** Tells the connections that the server will leave. Absent where that cannot be done. */
  announceLeaving?(): void;
}
