/** Every connection setting, and its name in each place it may come from. The order is the order of display. */
export type SettingName =
  | 'url'
  | 'context'
  | 'user'
  | 'password'
  | 'token'
  | 'creds'
  | 'nkey'
  | 'jwt'
  | 'seed'
  | 'tls_cert'
  | 'tls_key'
  | 'tls_ca'
  | 'tls_first'
  | 'inbox_prefix'
  | 'timeout';

/**
 * - `text`: the value itself.
 * - `secret`: the value itself in the environment and in contexts; a flag names a file that holds it.
 * - `file`: a path everywhere; `private` when what the file holds is secret.
 */
export type SettingKind = 'text' | 'secret' | 'file' | 'private_file' | 'switch';

export interface SettingSpec {
  readonly name: SettingName;
  readonly kind: SettingKind;
  readonly flag?: string;
  /** The names that the `nats` CLI reads. */
  readonly variable?: string;
  /** The key in a NATS context file. */
  readonly field?: string;
}

export const SETTINGS: readonly SettingSpec[] = [
  { name: 'url', kind: 'text', flag: '--nats-url', variable: 'NATS_URL', field: 'url' },
  { name: 'context', kind: 'text', flag: '--nats-context', variable: 'NATS_CONTEXT' },
  { name: 'user', kind: 'text', flag: '--user', variable: 'NATS_USER', field: 'user' },
  { name: 'password', kind: 'secret', flag: '--password-file', variable: 'NATS_PASSWORD', field: 'password' },
  { name: 'token', kind: 'secret', flag: '--token-file', variable: 'NATS_TOKEN', field: 'token' },
  { name: 'creds', kind: 'private_file', flag: '--creds', variable: 'NATS_CREDS', field: 'creds' },
  { name: 'nkey', kind: 'private_file', flag: '--nkey', variable: 'NATS_NKEY', field: 'nkey' },
  { name: 'jwt', kind: 'secret', variable: 'NATS_JWT', field: 'user_jwt' },
  { name: 'seed', kind: 'secret', variable: 'NATS_SEED', field: 'user_seed' },
  { name: 'tls_cert', kind: 'file', flag: '--tls-cert', variable: 'NATS_CERT', field: 'cert' },
  { name: 'tls_key', kind: 'private_file', flag: '--tls-key', variable: 'NATS_KEY', field: 'key' },
  { name: 'tls_ca', kind: 'file', flag: '--tls-ca', variable: 'NATS_CA', field: 'ca' },
  { name: 'tls_first', kind: 'switch', flag: '--tls-first', field: 'tls_first' },
  { name: 'inbox_prefix', kind: 'text', flag: '--inbox-prefix', field: 'inbox_prefix' },
  { name: 'timeout', kind: 'text', flag: '--timeout', variable: 'NATS_TIMEOUT' },
];

export function specOf(name: SettingName): SettingSpec {
  return SETTINGS.find((spec) => spec.name === name)!;
}

export const DEFAULT_URL = 'nats://localhost:4222';
export const DEFAULT_TIMEOUT_MS = 5000;
