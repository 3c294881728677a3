import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { Credentials } from '../http/bearer.ts';
import type { Principal } from '../http/route.ts';
import type { ServeOptions } from '../http/serve.ts';
import type { AccessEvent } from '../http/service.ts';
import type { Live } from './core.ts';
import { corsHeaders } from './cors.ts';
import type { GatewayEvent } from './events.ts';
import type { Means } from './part.ts';
import { readFile, type SecretSource } from './secrets.ts';
import { COOKIE } from './sessions/shown.ts';

interface ServingTools {
  readonly means: Means;
  readonly uuid: () => string;
  readonly log: (event: GatewayEvent) => void;
  readonly onAccess: (event: AccessEvent) => void;
  /** Whoever shows something else than a token. */
  readonly authenticate: (credentials: Credentials) => Promise<Principal | undefined> | undefined;
  /** What a body may have so that it still fits into a message. */
  readonly mostBytes: number;
}

/** How HTTP is served under the config of the start; whose tokens and whose pages are good follows every reload. */
export function servingOf(live: () => Live, tools: ServingTools): ServeOptions {
  const { config } = live();
  const { limits, listen, trustProxy } = config;
  const { means, uuid, log, onAccess, authenticate, mostBytes } = tools;
  return {
    ...listen,
    limits: {
      bodyBytes: Math.max(1, Math.min(limits.bodyBytes, mostBytes)),
      connections: limits.connections,
      inflight: limits.inflight,
      streams: limits.sseClients,
    },
    tls: certificateOf(config, means.secrets),
    trustProxy,
    authentication: {
      tokens: [],
      otherwise: (credentials) => {
        const { config, holders } = live();
        const bearer = credentials.bearer ?? (config.allowQueryToken ? queryToken(credentials) : undefined);
        const holder = bearer === undefined ? undefined : holders.find(bearer);
        if (holder !== undefined) return holder;
        const { anonymous } = holders;
        // No promise where nothing else is shown.
        const other = authenticate(credentials);
        return other === undefined ? anonymous : other.then((found) => found ?? anonymous);
      },
    },
    answerHeaders: (headers) => corsHeaders(live(), headers),
    onAccess,
    onError: (thrown, at) => {
      const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      log({ kind: 'http_failure', requestId: at?.requestId, reason });
    },
    clock: means.clock,
    uuid,
  };
}

function queryToken({ query }: Credentials): string | undefined {
  return query.get(COOKIE) ?? undefined;
}

export function certificateOf(
  { tls }: GatewayConfig,
  secrets: SecretSource,
): { readonly cert: string; readonly key: string } | undefined {
  if (tls === undefined) return undefined;
  return { cert: readFile(tls.cert, secrets, 'tls.cert'), key: readFile(tls.key, secrets, 'tls.key') };
}
