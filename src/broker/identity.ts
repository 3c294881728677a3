import { randomBytes } from 'node:crypto';
import type { BrokerSettings } from './options.ts';

/** Shown to clients as the server's. */
export const BROKER_NAME = 'heddle-ts-dev';
/** A version that clients parse as one, and people see is none of a NATS server. */
export const BROKER_VERSION = '2.10.0-heddle-ts-dev';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Of the same form as a NATS server's: 56 characters, the first an N. */
export function newServerId(): string {
  return `N${Array.from(randomBytes(55), (byte) => BASE32[byte & 31]).join('')}`;
}

export interface Identity {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

/** The text of INFO for one client. */
export function infoText(
  identity: Identity,
  settings: Pick<BrokerSettings, 'maxPayload'>,
  client: { id: number; ip: string },
  state: { guarded: boolean; leaving: boolean },
): string {
  return JSON.stringify({
    server_id: identity.id,
    server_name: BROKER_NAME,
    version: BROKER_VERSION,
    proto: 1,
    host: identity.host,
    port: identity.port,
    headers: true,
    ...(state.guarded ? { auth_required: true } : {}),
    max_payload: settings.maxPayload,
    client_id: client.id,
    client_ip: client.ip,
    ...(state.leaving ? { ldm: true } : {}),
    heddle_ts_development: true,
  });
}
