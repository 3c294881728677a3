import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { AskCore } from '../core.ts';
import { counter, gauge } from '../metrics.ts';
import type { Means, Part } from '../part.ts';
import { SidecarFeed } from '../sidecars/feed.ts';

/** Programs beside the gateway, with lives of their own, whose lines become work. */
export function sidecars(ask: AskCore, started: GatewayConfig): Part | undefined {
  if (started.sidecars.length === 0) return undefined;
  let given: Means | undefined;
  let feeds: readonly SidecarFeed[] = [];
  return {
    name: 'sidecars',
    routes: [],
    contract: ({ sidecars }) => ({
      sidecars: sidecars.map(({ name, target, answers }) => ({
        name,
        to: target.to,
        worker_type: target.to === 'task' ? target.workerType : null,
        answers,
      })),
    }),
    fixed: ({ sidecars }) => ({ sidecars }),
    prepare: (_config, means) => () => {
      given ??= means;
    },
    open: async () => {
      const means = given;
      if (means === undefined) throw new Error('sidecars were opened before they were prepared');
      feeds = started.sidecars.map((config) => new SidecarFeed(ask(), config, means));
      await Promise.all(feeds.map((feed) => feed.open()));
    },
    state: () => ({ sidecars: feeds.map((feed) => feed.state) }),
    families: () => [
      counter(
        'sidecar_lines_total',
        'Lines of sidecars, by what became of them.',
        feeds.flatMap(({ name, outcomes }) => outcomes.samples({ sidecar: name })),
      ),
      counter(
        'sidecar_deaths_total',
        'Deaths of sidecars.',
        feeds.map(({ name, state }) => [{ sidecar: name }, state.deaths]),
      ),
      counter(
        'sidecar_bad_lines_total',
        'Lines that nobody can read.',
        feeds.map(({ name, state }) => [{ sidecar: name }, state.bad_lines]),
      ),
      gauge(
        'sidecar_running',
        '1 while it runs, or is about to be started again.',
        feeds.map(({ name, state }) => [{ sidecar: name }, state.state === 'gone' ? 0 : 1]),
      ),
    ],
    stopTaking: () => {
      for (const feed of feeds) feed.stopTaking();
    },
    putAway: async () => {
      await Promise.all(feeds.map((feed) => feed.close()));
    },
  };
}
