import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { AskCore } from '../core.ts';
import { FailedLately } from '../failed-lately.ts';
import type { Part } from '../part.ts';

/** What failed lately on the bus, by reason and worker, for the metrics. */
export function deadLetters(ask: AskCore, { deadLetters: asked }: GatewayConfig): Part | undefined {
  if (!asked) return undefined;
  let failed: FailedLately | undefined;
  return {
    name: 'dead_letters',
    routes: [],
    contract: () => ({}),
    open: async () => {
      const { bus, clock } = ask();
      failed = new FailedLately(bus.transport, clock);
      // A stream that is slow to answer keeps nobody from being served.
      failed.start().catch(() => {});
    },
    families: () => failed?.families() ?? [],
    putAway: async () => await failed?.close(),
  };
}
