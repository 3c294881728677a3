import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import { systemUuid } from '../contract/ids.ts';
import { asksReload } from '../contract/parse.ts';
import { CONTROL_RELOAD } from '../contract/subjects.ts';
import { HeddleError } from '../errors.ts';
import { type Served, serve } from '../http/serve.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Transport } from '../transport/transport.ts';
import { GatewayBus } from './bus.ts';
import { contractOf } from './contract.ts';
import { ANONYMOUS, type Core, type Live } from './core.ts';
import { corsHeaders } from './cors.ts';
import { FailedLately } from './dead-letters.ts';
import type { GatewayEvent } from './events.ts';
import { Limiter } from './limiter.ts';
import { Listeners } from './listeners.ts';
import { keepLifetimes, lifetimesOf, openLive, restartFor } from './live.ts';
import { GatewayMetrics } from './metrics.ts';
import { openApiOf } from './openapi.ts';
import { Intake } from './requests/intake.ts';
import type { WorkerInputs } from './requests/read-work.ts';
import { Results } from './requests/results.ts';
import { RequestStore } from './requests/store.ts';
import { Waits } from './requests/waits.ts';
import { routesOf } from './routes/list.ts';
import { readFile, type SecretSource } from './secrets.ts';

export interface GatewayInput {
  readonly config: GatewayConfig;
  /** Of the worker configs that it was given. Default: none, and tasks are held to the wire format alone. */
  readonly inputs?: WorkerInputs | undefined;
}

export interface GatewayOptions extends GatewayInput {
  readonly secrets: SecretSource;
  readonly version: string;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  readonly uuid?: (() => string) | undefined;
  readonly log?: ((event: GatewayEvent) => void) | undefined;
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
/** What of the grace is kept for putting results away. */
const RESULTS_MS = 2_000;

/** Serves until it is drained. Resolves when it listens. */
export async function runGateway(transport: Transport, options: GatewayOptions): Promise<RunningGateway> {
  const { config, secrets, version, clock = systemClock, uuid = systemUuid } = options;
  const log = (event: GatewayEvent): void => {
    try {
      options.log?.(event);
    } catch {
      // It is somebody else's, and there is nowhere to say so.
    }
  };
  let live: Live = openLive(config, secrets, options.inputs ?? new Map(), clock);
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
    },
  );
  const failed = config.deadLetters ? new FailedLately(transport, clock) : undefined;
  let draining = false;
  let served: Served | undefined;
  const unready = (): string | undefined =>
    draining ? 'it is about to end' : bus.up ? undefined : 'the bus cannot be reached';
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
    unready,
    metricsText: () => {
      const counts = served?.counts();
      if (counts === undefined) return '';
      return metrics.text({
        name,
        version,
        store: store.kind,
        ready: unready() === undefined,
        waiting: waits.waiting,
        counts,
        more: failed?.families() ?? [],
      });
    },
    describe: () => ({
      openapi: openApiOf(routes, { version, url: live.config.publicUrl }),
      contract: contractOf(live.config, version, store.kind),
    }),
  };
  const routes = routesOf(() => core, config);
  metrics.knowRoutes(routes);
  metrics.knowWebhooks(live.webhooks.keys());
  const putAway = async (): Promise<void> => {
    await within(clock, Promise.all([results.drain(), failed?.close()]), RESULTS_MS);
    waits.close();
    bus.close();
    await store.close();
    undoEvents();
  };

  const { limits, listen, tls } = config;
  const serving = async (): Promise<Served> => {
    await Promise.all([listeners.ready(), bus.ready()]);
    // A stream that is slow to answer keeps nobody from being served.
    failed?.start().catch(() => {});
    return await serve(
      {
        ...listen,
        limits: {
          bodyBytes: Math.max(1, Math.min(limits.bodyBytes, transport.info.maxPayload - ENVELOPE_BYTES)),
          connections: limits.connections,
          inflight: limits.inflight,
        },
        tls: tls === undefined ? undefined : certificate(tls, secrets),
        trustProxy: config.trustProxy,
        authentication: {
          tokens: [],
          otherwise: async ({ bearer }) => {
            if (live.config.tokens.length === 0) return ANONYMOUS;
            return bearer === undefined ? undefined : live.holder(bearer);
          },
        },
        answerHeaders: (headers) => corsHeaders(live, headers),
        onAccess: (event) => {
          metrics.access(event);
          log({ kind: 'http_request', ...event });
        },
        onError: (thrown, at) => {
          const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
          log({ kind: 'http_failure', requestId: at?.requestId, reason });
        },
        clock,
        uuid,
      },
      routes,
    );
  };
  served = await serving().catch(async (thrown: unknown) => {
    await putAway();
    throw thrown;
  });

  let reloading: Promise<unknown> = Promise.resolve();
  const readAgain = async (): Promise<boolean> => {
    try {
      const read = (await options.reload?.()) ?? { config: live.config, inputs: live.inputs };
      const next = openLive(read.config, secrets, read.inputs ?? new Map(), clock);
      const restart = restartFor(config, read.config);
      if (tls !== undefined && read.config.tls !== undefined)
        served?.renewCertificate(certificate(read.config.tls, secrets));
      // Where requests are kept was opened at the start.
      live = restart.includes('dedupe.ttl_s') || restart.includes('store') ? keepLifetimes(next, live) : next;
      metrics.knowWebhooks(live.webhooks.keys());
      metrics.reloaded('done');
      log({ kind: 'gateway_reloaded', restartFor: restart });
      return true;
    } catch (thrown) {
      metrics.reloaded('refused');
      log({ kind: 'reload_refused', reason: thrown instanceof Error ? thrown.message : String(thrown) });
      return false;
    }
  };
  const reload = (): Promise<boolean> => {
    const after = reloading.then(readAgain);
    reloading = after;
    return after;
  };
  const control = transport.subscribe(CONTROL_RELOAD, (message) => {
    if (asksReload(message.data)) void reload();
  });

  const { url } = served;
  const { drain: drainHttp, counts } = served;
  log({
    kind: 'gateway_started',
    name,
    url,
    store: store.kind,
    webhooks: live.webhooks.size,
    tokens: config.tokens.length,
  });
  let drained: Promise<{ readonly cut: number }> | undefined;
  const drain = async (graceMs: number): Promise<{ readonly cut: number }> => {
    draining = true;
    log({ kind: 'gateway_draining', inflight: counts().inflight, graceMs });
    control.unsubscribe();
    const { cut } = await drainHttp(Math.max(0, graceMs - RESULTS_MS));
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

function certificate(tls: NonNullable<GatewayConfig['tls']>, secrets: SecretSource): { cert: string; key: string } {
  return { cert: readFile(tls.cert, secrets, 'tls.cert'), key: readFile(tls.key, secrets, 'tls.key') };
}
