import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { AskCore, GatewayInput, Live } from './core.ts';
import type { GatewayEvent } from './events.ts';
import { keepStore, openLive, refuseExposed, restartFor } from './live.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Means } from './part.ts';
import { partsOf } from './parts/list.ts';
import type { Parts } from './parts.ts';

/** What a reload reads from, and what it changes. */
export interface Reloading {
  /** The config of the start: what only a restart changes is judged by it. */
  readonly started: GatewayConfig;
  readonly parts: Parts;
  readonly ask: AskCore;
  readonly means: Means;
  readonly metrics: GatewayMetrics;
  readonly log: (event: GatewayEvent) => void;
  readonly live: () => Live;
  read(): Promise<GatewayInput>;
  /** May throw: then everything stays as it was. */
  renew(live: Live): void;
}

/** Reads everything again, one reading after the other. True when the new config is in force, false when the old one stays. */
export function reloader({
  started,
  parts,
  ask,
  means,
  metrics,
  log,
  live,
  read,
  renew,
}: Reloading): () => Promise<boolean> {
  const readAgain = async (): Promise<boolean> => {
    try {
      const { config: written, inputs, outputs } = await read();
      const config = keepStore(written, started);
      // Where it listens and what it serves stay as they were: there its new tokens must be good enough.
      refuseExposed({ ...started, tokens: config.tokens, login: config.login });
      const next = openLive(config, means.secrets, inputs ?? new Map(), outputs, live());
      const commit = await parts.prepare(config, means);
      const before = live();
      renew(next);
      commit();
      next.holders.replace(before.holders);
      metrics.reloaded('done');
      const restart = restartFor(
        { config: started, parts: parts.all },
        { config: written, parts: partsOf(ask, written) },
      );
      log({ kind: 'gateway_reloaded', restartFor: restart });
      return true;
    } catch (thrown) {
      metrics.reloaded('refused');
      log({ kind: 'reload_refused', reason: thrown instanceof Error ? thrown.message : String(thrown) });
      return false;
    }
  };
  let reloading: Promise<unknown> = Promise.resolve();
  return () => {
    const after = reloading.then(readAgain);
    reloading = after;
    return after;
  };
}
