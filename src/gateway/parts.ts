import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { Credentials } from '../http/bearer.ts';
import type { Family } from '../http/prometheus.ts';
import type { Principal } from '../http/route.ts';
import type { Clock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { GatewayEvent } from './events.ts';
import type { Hub } from './hub/hub.ts';
import type { Means, Part } from './part.ts';

/** All parts of one gateway as one. What one of them fails at is said under its name, and troubles no other. */
export class Parts {
  readonly all: readonly Part[];
  readonly #clock: Clock;
  readonly #log: (event: GatewayEvent) => void;

  constructor(all: readonly Part[], clock: Clock, log: (event: GatewayEvent) => void) {
    this.all = all;
    this.#clock = clock;
    this.#log = log;
  }

  /** Throws when one of them cannot live with the config; what it answers puts it into force everywhere. */
  async prepare(config: GatewayConfig, means: Means): Promise<() => void> {
    const commits: (() => void)[] = [];
    for (const part of this.all) {
      await part.look?.();
      const commit = await part.prepare?.(config, means);
      if (commit !== undefined) commits.push(commit);
    }
    return () => {
      for (const commit of commits) commit();
    };
  }

  async open(): Promise<void> {
    for (const part of this.all) await part.open?.();
  }

  unready(): string | undefined {
    for (const part of this.all) {
      const why = part.unready?.();
      if (why !== undefined) return `${part.name}: ${why}`;
    }
    return undefined;
  }

  state(): Readonly<Record<string, unknown>> {
    return Object.assign({}, ...this.all.map((part) => part.state?.() ?? {}));
  }

  families(): readonly Family[] {
    return this.all.flatMap((part) => part.families?.() ?? []);
  }

  /** At once undefined where nothing is shown that a part has given out. */
  authenticate(credentials: Credentials): Promise<Principal | undefined> | undefined {
    let found: Promise<Principal | undefined> | undefined;
    for (const part of this.all) {
      const here = part.authenticate?.(credentials);
      if (here !== undefined) found = found === undefined ? here : firstOf(found, here);
    }
    return found;
  }

  /** undefined where there are no sessions, or this one is over. */
  async session(name: string): Promise<Principal | undefined> {
    return await this.all.find(({ session }) => session !== undefined)?.session?.(name);
  }

  hub(): Hub | undefined {
    return this.all.find(({ hub }) => hub !== undefined)?.hub?.();
  }

  async named(client: string, holder: Principal): Promise<void> {
    for (const part of this.all) await part.named?.(client, holder);
  }

  async answered(...answer: Parameters<NonNullable<Part['answered']>>): Promise<void> {
    await this.#each((part) => part.answered?.(...answer));
  }

  async staged(...stage: Parameters<NonNullable<Part['staged']>>): Promise<void> {
    await this.#each((part) => part.staged?.(...stage));
  }

  async stopTaking(ms: number): Promise<void> {
    await within(
      this.#clock,
      this.#each((part) => part.stopTaking?.()),
      ms,
    );
  }

  async settle(ms: number): Promise<void> {
    await within(
      this.#clock,
      this.#each((part) => part.settle?.(ms)),
      ms,
    );
  }

  async putAway(ms: number): Promise<void> {
    await within(
      this.#clock,
      this.#each((part) => part.putAway?.(ms)),
      ms,
    );
  }

  /** At once; resolves when all have done it. Never rejects. */
  async #each(work: (part: Part) => void | Promise<void>): Promise<void> {
    await Promise.all(
      this.all.map(async (part) => {
        try {
          await work(part);
        } catch (thrown) {
          const reason = thrown instanceof Error ? thrown.message : String(thrown);
          this.#log({ kind: 'part_failed', part: part.name, reason });
        }
      }),
    );
  }
}

async function firstOf(
  one: Promise<Principal | undefined>,
  other: Promise<Principal | undefined>,
): Promise<Principal | undefined> {
  const [here, there] = await Promise.all([one, other]);
  return here ?? there;
}

/** What of a config only a restart changes for parts: what they say themselves, and which there are. */
export function fixedOf(parts: readonly Part[], config: GatewayConfig): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...parts.map((part) => ({ [part.name]: true, ...part.fixed?.(config) })));
}

/** What the parts promise under a config. */
export function promisesOf(parts: readonly Part[], config: GatewayConfig): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...parts.map((part) => part.contract(config)));
}
