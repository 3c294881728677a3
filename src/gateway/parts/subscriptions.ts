import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import { HeddleError } from '../../errors.ts';
import type { AskCore } from '../core.ts';
import { gauge } from '../metrics.ts';
import type { Means, Part } from '../part.ts';
import { type Opened, subscriptionRoutes } from '../subscriptions/routes.ts';
import { Subscriptions } from '../subscriptions/subscriptions.ts';

/** What clients watch outside, by programs that the config names. */
export function subscriptions(ask: AskCore, { subscriptions: asked }: GatewayConfig): Part | undefined {
  if (asked.length === 0) return undefined;
  let kinds: Opened['kinds'] = new Map();
  let means: Means | undefined;
  let open: Subscriptions | undefined;
  return {
    name: 'subscriptions',
    routes: subscriptionRoutes(() => {
      if (open === undefined) throw new Error('subscriptions are not open');
      return { kinds, subscriptions: open };
    }),
    contract: ({ subscriptions }) => ({
      subscriptions: subscriptions.map(({ kind, perCaller, most, silentS }) => ({
        name: kind,
        path: `/api/subscriptions/${kind}`,
        per_caller: perCaller,
        most,
        silent_after_s: silentS,
      })),
    }),
    prepare: ({ subscriptions }, given) => {
      const next = new Map(subscriptions.map((each) => [each.kind, each] as const));
      return () => {
        kinds = next;
        means = given;
      };
    },
    open: async () => {
      const core = ask();
      const hub = core.hub();
      if (hub === undefined || means === undefined) {
        throw new HeddleError(
          'settings_invalid',
          'subscriptions tell their clients by events, and those are switched off',
        );
      }
      open = new Subscriptions(core, hub, means);
    },
    families: () => [gauge('subscriptions', 'Paths that are watched.', [[{}, open?.size ?? 0]])],
    stopTaking: async () => await open?.close(),
    putAway: async () => await open?.close(),
  };
}
