import type { GatewayConfig } from '../config/views/gateway-config/config.ts';
import type { ServeOptions } from '../http/serve.ts';
import type { AccessEvent } from '../http/service.ts';
import { ANONYMOUS, type Live } from './core.ts';
import { corsHeaders } from './cors.ts';
import type { GatewayEvent } from './events.ts';
import type { Means } from './part.ts';
import { readFile, type SecretSource } from './secrets.ts';

interface ServingTools {
  readonly means: Means;
  readonly uuid: () => string;
  readonly log: (event: GatewayEvent) => void;
  readonly onAccess: (event: AccessEvent) => void;
  /** What a body may have so that it still fits into a message. */
  readonly mostBytes: number;
}

/** How HTTP is served under the config of the start; whose tokens and whose pages are good follows every reload. */
export function servingOf(live: () => Live, tools: ServingTools): ServeOptions {
  const { config } = live();
  const { limits, listen, trustProxy } = config;
  const { means, uuid, log, onAccess, mostBytes } = tools;
  return {
    ...listen,
    limits: {
      bodyBytes: Math.max(1, Math.min(limits.bodyBytes, mostBytes)),
      connections: limits.connections,
      inflight: limits.inflight,
    },
    tls: certificateOf(config, means.secrets),
    trustProxy,
    authentication: {
      tokens: [],
      otherwise: ({ bearer }) => {
        if (live().config.tokens.length === 0) return ANONYMOUS;
        return bearer === undefined ? undefined : live().holder(bearer);
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

export function certificateOf(
  { tls }: GatewayConfig,
  secrets: SecretSource,
): { readonly cert: string; readonly key: string } | undefined {
  if (tls === undefined) return undefined;
  return { cert: readFile(tls.cert, secrets, 'tls.cert'), key: readFile(tls.key, secrets, 'tls.key') };
}
