import { capabilitiesOf } from '../capabilities.ts';
import type { ServerInfo } from '../transport.ts';
import type { Greeting } from './dial.ts';

/** The server's own words, with what is absent or of the wrong type as its default. */
export function serverInfo(info: Greeting, encrypted: boolean): ServerInfo {
  const text = (key: string): string | undefined => {
    const value = info[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (key: string): number | undefined => {
    const value = info[key];
    return typeof value === 'number' ? value : undefined;
  };
  const version = text('version') ?? '';
  return {
    serverId: text('server_id') ?? '',
    serverName: text('server_name') ?? '',
    version,
    maxPayload: number('max_payload') ?? DEFAULT_MAX_PAYLOAD,
    headers: info.headers === true,
    jetstream: info.jetstream === true,
    authRequired: info.auth_required === true,
    tlsRequired: info.tls_required === true,
    encrypted,
    cluster: text('cluster'),
    clientId: number('client_id'),
    clientIp: text('client_ip'),
    can: capabilitiesOf(version, info.heddle_ts_development === true),
  };
}

const DEFAULT_MAX_PAYLOAD = 1024 * 1024;
