import { systemUuid } from '../contract/ids.ts';
import { asksReload } from '../contract/parse.ts';
import { CONTROL_RELOAD } from '../contract/subjects.ts';
import { HeddleError } from '../errors.ts';
import { type Served, serve } from '../http/serve.ts';
import type { AccessEvent } from '../http/service.ts';
import { plainAdvice, type SomeAdvice } from '../remedy.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Transport } from '../transport/transport.ts';
import { GatewayBus } from './bus.ts';
import { contractOf } from './contract.ts';
import type { Core, GatewayInput, Live } from './core.ts';
import type { GatewayEvent } from './events.ts';
import { Limiter } from './limiter.ts';
import { Listeners } from './listeners.ts';
import { lifetimesOf, openLive } from './live.ts';
import { GatewayMetrics } from './metrics.ts';
import { openApiOf } from './openapi.ts';
import { partsOf } from './parts/list.ts';
import { Parts } from './parts.ts';
import { reloader } from './reload.ts';
import { Intake } from './requests/intake.ts';
import { Results } from './requests/results.ts';
import { RequestStore } from './requests/store.ts';
import { Waits } from './requests/waits.ts';
import { routesOf } from './routes/list.ts';
import type { SecretSource } from './secrets.ts';
import { certificateOf, servingOf } from './serving.ts';

export interface GatewayOptions extends GatewayInput {
  readonly secrets: SecretSource;
  readonly version: string;
  /** Default: one whose programs run in groups, as everywhere but on Windows. */
  readonly platform?: NodeJS.Platform | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly uuid?: (() => string) | undefined;
  readonly log?: ((event: GatewayEvent) => void) | undefined;
  /** What to do about what is wrong on the bus, where somebody asks. Default: the hint, else the name of the remedy. */
  readonly words?: ((advice: SomeAdvice) => string) | undefined;
  /** Reads everything again, on `{"action":"reload"}` and on demand. */
  readonly reload?: (() => Promise<GatewayInput>) | undefined;
}

/** A gateway that takes requests. */
export interface RunningGateway {
  readonly url: string;
  counts(): ReturnType<Served['counts']>;
  /** True when the new config is in force, false when the old one stays. */
  reload(): Promise<boolean>;
  /** Takes nothing more, answers what it has, puts results away. Resolves within the grace; the connection stays open. */
  drain(graceMs: number): Promise<{ readonly cut: number }>;
  /** Settles when the bus is gone for good; with the reason when nobody asked for it. */
  readonly closed: Promise<HeddleError | undefined>;
}

/** Room for what a message has beside the body of a request. */
const ENVELOPE_BYTES = 8 * 1024;
/** What of the grace is kept for putting away what is left. */
const PUT_AWAY_MS = 2_000;

/** Serves until it is drained. Resolves when it listens. */
export async function runGateway(transport: Transport, options: GatewayOptions): Promise<RunningGateway> {
  const { config, secrets, version, clock = systemClock, uuid = systemUuid, words = plainAdvice } = options;
  const log = (event: GatewayEvent): void => {
    try {
      options.log?.(event);
    } catch {
      // It is somebody else's, and there is nowhere to say so.
    }
  };
  const means = { secrets, clock, platform: options.platform };
  const ask = (): Core => core;
  let live: Live = openLive(config, secrets, options.inputs ?? new Map(), options.outputs);
  const parts = new Parts(partsOf(ask, config), clock, log);
  const putIntoForce = await parts.prepare(config, means);
  const metrics = new GatewayMetrics();
  const undoEvents = transport.onEvent((event) => metrics.bus(event));
  const listeners = new Listeners(transport, clock);
  const { name } = config;
  const { resultBytes } = config.store;
  const bus = new GatewayBus(transport, listeners, clock);
  const waits = new Waits(transport, clock);
  const store = await RequestStore.open(transport, { name, lifetimesS: lifetimesOf(config), ...config.store }, clock);
  const results = new Results(
    transport,
    store,
    { name, resultBytes, clock },
    {
      counted: (how) => metrics.result(how),
      unkept: (id, reason) => log({ kind: 'result_unkept', id, reason }),
      answered: (record, text) => parts.answered(record, text),
      staged: (id, stage) => parts.staged(id, stage),
    },
  );
  let draining = false;
  let served: Served | undefined;
  const unready = (): string | undefined =>
    draining ? 'it is about to end' : bus.up ? parts.unready() : 'the bus cannot be reached';
  const core: Core = {
    live: () => live,
    bus,
    store,
    intake: new Intake(bus, store, waits, clock),
    waits,
    limiter: new Limiter(clock),
    metrics,
    clock,
    uuid,
    log,
    words,
    unready,
    state: () => parts.state(),
    session: (name) => parts.session(name),
    hub: () => parts.hub(),
    named: (client, holder) => parts.named(client, holder),
    metricsText: () => {
      const counts = served?.counts();
      if (counts === undefined) return '';
      const ready = unready() === undefined;
      const now = { name, version, store: store.kind, ready, waiting: waits.waiting, counts };
      return metrics.text(now, parts.families());
    },
    describe: () => ({
      openapi: openApiOf(routes, { version, url: live.config.publicUrl }),
      contract: contractOf(live.config, { version, store: store.kind, parts: parts.all, inputs: live.inputs }),
    }),
  };
  const routes = routesOf(ask, config, parts.all);
  metrics.knowRoutes(routes);
  const putAway = async (): Promise<void> => {
    await within(clock, results.drain(), PUT_AWAY_MS);
    await parts.putAway(PUT_AWAY_MS);
    waits.close();
    bus.close();
    await store.close();
    undoEvents();
  };

  const serving = async (): Promise<Served> => {
    putIntoForce();
    await parts.open();
    await Promise.all([listeners.ready(), bus.ready()]);
    const onAccess = (event: AccessEvent): void => {
      metrics.access(event);
      log({ kind: 'http_request', ...event });
    };
    const { maxPayload } = transport.info;
    return await serve(
      servingOf(() => live, {
        means,
        uuid,
        log,
        onAccess,
        authenticate: (credentials) => parts.authenticate(credentials),
        mostBytes: maxPayload - ENVELOPE_BYTES,
      }),
      routes,
    );
  };
  served = await serving().catch(async (thrown: unknown) => {
    await putAway();
    throw thrown;
  });
  const { url, drain: drainHttp, counts, renewCertificate } = served;

  const reload = reloader({
    started: config,
    parts,
    ask,
    means,
    metrics,
    log,
    live: () => live,
    read: async () => (await options.reload?.()) ?? { config: live.config, inputs: live.inputs, outputs: live.outputs },
    renew: (next) => {
      const certificate = certificateOf(next.config, secrets);
      if (config.tls !== undefined && certificate !== undefined) renewCertificate(certificate);
      live = next;
    },
  });
  const control = transport.subscribe(CONTROL_RELOAD, (message) => {
    if (asksReload(message.data)) void reload();
  });

  log({
    kind: 'gateway_started',
    name,
    url,
    store: store.kind,
    webhooks: config.webhooks.filter(({ enabled }) => enabled).length,
    tokens: config.tokens.length,
  });
  let drained: Promise<{ readonly cut: number }> | undefined;
  const drain = async (graceMs: number): Promise<{ readonly cut: number }> => {
    draining = true;
    log({ kind: 'gateway_draining', inflight: counts().inflight, graceMs });
    control.unsubscribe();
    const endsAt = clock.elapsed() + graceMs - PUT_AWAY_MS;
    const left = (): number => Math.max(0, endsAt - clock.elapsed());
    await parts.stopTaking(left());
    await parts.settle(left());
    const { cut } = await drainHttp(left());
    await putAway();
    log({ kind: 'gateway_stopped', requests: counts().requests, cut });
    return { cut };
  };
  return {
    url,
    counts,
    reload,
    drain: (graceMs) => {
      drained ??= drain(graceMs);
      return drained;
    },
    closed: transport.closed.then((error) =>
      draining
        ? undefined
        : (error ?? new HeddleError('connection_closed', 'the connection of the gateway was closed')),
    ),
  };
}
