import { type Check, failed, passed } from '../check.ts';
import { saidOf } from '../probe.ts';

/** Heddle is core NATS only, so its absence is no fault unless somebody counts on it. */
export const connectionJetstream: Check = {
  id: 'connection.jetstream',
  group: 'connection',
  title: 'JetStream is as expected',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    if ((await probe.transport()).info.jetstream) return passed('on; Heddle does not use it');
    if (!probe.ask.expectations.some(({ kind }) => kind === 'jetstream')) {
      return passed("off; Heddle needs none ('nats stream ls' fails here, and proves nothing)");
    }
    return failed({
      problem: `JetStream is expected${saidOf(probe.ask, 'jetstream')}, and the server runs without it`,
      hint: "Start it with 'nats-server -js', or a jetstream block in its configuration. Heddle itself needs none.",
    });
  },
};
