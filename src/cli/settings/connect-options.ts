import { type ErrorCode, HeddleError, isHeddleError } from '../../errors.ts';
import type { Authentication, ConnectOptions, SettingNames, TlsOptions } from '../../transport/options.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { SettingName } from './catalog.ts';
import { specOf } from './catalog.ts';
import { isWithin, mayBeFile, readSettingsText, shownPath } from './files.ts';
import { settingText } from './reference.ts';
import type { ResolvedSetting, ResolvedSettings } from './resolve.ts';
import { addressText } from './server-url.ts';
import { sourceText } from './source.ts';

/** What messages of the transport call the settings that they name. */
export const CALLED: SettingNames = { ca: '--tls-ca', first: '--tls-first' };

/** Reads the files that the settings name, and gives what a connection needs. Throws the first problem there is. */
export function toConnectOptions(resolved: ResolvedSettings): ConnectOptions {
  const [problem] = resolved.problems;
  if (problem !== undefined) throw problem;
  const url = resolved.settings.get('url')?.value;
  const timeout = resolved.settings.get('timeout')?.value;
  return {
    servers: url?.kind === 'servers' ? url.servers.map((server) => addressText(server, resolved.method === 'url')) : [],
    auth: authentication(resolved),
    tls: tlsOptions(resolved),
    timeoutMs: timeout?.kind === 'duration' ? timeout.ms : undefined,
    inboxPrefix: text(resolved, 'inbox_prefix'),
  };
}

const SAYS_WHO: readonly SettingName[] = ['user', 'password', 'token', 'creds', 'nkey', 'jwt', 'seed'];

/** Where the server and each credential came from: what was put together from two places is told where it fails. */
export function originOf(resolved: ResolvedSettings): string {
  const from = (name: SettingName): string | undefined => {
    const setting = used(resolved, name);
    return setting === undefined ? undefined : disarmLine(sourceText(setting.source));
  };
  const server = `server from ${from('url') ?? 'default'}`;
  if (resolved.method === 'url') return `${server}, credentials in its address`;
  return [server, ...SAYS_WHO.flatMap((name) => (from(name) === undefined ? [] : [`${name} from ${from(name)}`]))].join(
    ', ',
  );
}

/** A server that cannot be reached at all: says where its address came from, when that is not the flag that was just typed. */
export function namingAddress(thrown: unknown, resolved: ResolvedSettings): unknown {
  if (!isHeddleError(thrown) || !UNREACHED.has(thrown.code)) return thrown;
  const source = resolved.settings.get('url')?.source ?? { kind: 'default' };
  if (source.kind === 'flag') return thrown;
  const from =
    source.kind === 'default'
      ? 'no address was given, and this is the default'
      : `the address is from ${disarmLine(sourceText(source))}`;
  return new HeddleError(thrown.code, `${thrown.message}; ${from}`, thrown);
}

const UNREACHED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'connection_refused',
  'connection_dns',
  'connection_unreachable',
  'connection_timeout',
  'connection_not_nats',
]);

function authentication(resolved: ResolvedSettings): Authentication | undefined {
  const token = material(resolved, 'token')?.trim();
  switch (resolved.method) {
    case 'none':
      return token === undefined ? undefined : { token };
    case 'url':
      return undefined;
    case 'user':
      return { user: text(resolved, 'user'), password: material(resolved, 'password'), token };
    case 'creds':
      return { creds: credsText(resolved), token };
    case 'nkey':
      return { nkeySeed: seedText(resolved, 'nkey'), token };
    case 'jwt_and_seed':
      return { jwt: material(resolved, 'jwt')?.trim(), nkeySeed: seedText(resolved, 'seed'), token };
    case 'jwt':
      return { jwt: material(resolved, 'jwt')?.trim(), token };
  }
}

/** Whoever names certificates wants encryption, so a server without TLS is refused instead of trusted. */
function tlsOptions(resolved: ResolvedSettings): TlsOptions | undefined {
  const ca = pem(resolved, 'tls_ca', 'CERTIFICATE');
  const cert = pem(resolved, 'tls_cert', 'CERTIFICATE');
  const key = pem(resolved, 'tls_key', 'PRIVATE KEY');
  const first = resolved.settings.has('tls_first');
  if (ca === undefined && cert === undefined && key === undefined && !first) return undefined;
  return { ca, cert, key, first: first || undefined, required: true };
}

function used(resolved: ResolvedSettings, name: SettingName): ResolvedSetting | undefined {
  const setting = resolved.settings.get(name);
  return setting?.unused === undefined ? setting : undefined;
}

function text(resolved: ResolvedSettings, name: SettingName): string | undefined {
  const value = used(resolved, name)?.value;
  return value?.kind === 'text' ? value.text : undefined;
}

/** The material itself. Of a file, one line end at its end is the editor's, not the secret's. */
function material(resolved: ResolvedSettings, name: SettingName): string | undefined {
  const setting = used(resolved, name);
  if (setting === undefined) return undefined;
  if (setting.value.kind === 'inline') return setting.value.secret.reveal();
  if (setting.value.kind !== 'file') return undefined;
  const { path, within } = setting.value;
  if (within !== undefined && mayBeFile(resolved.files, path) && !isWithin(within, path, resolved.files)) {
    throw unusable(
      setting,
      'leads outside the working directory, and a file of the working directory gets nothing from outside it',
      'It is a link. Name the file with a flag or in the environment, when you trust it.',
    );
  }
  const what = `the file of ${whereOf(setting)}`;
  const read = readSettingsText(resolved.files, path, what, within !== undefined).replace(/\r?\n$/, '');
  if (read.trim() === '') throw unusable(setting, 'is empty');
  return read;
}

function credsText(resolved: ResolvedSettings): string | undefined {
  const read = material(resolved, 'creds');
  if (read === undefined || (read.includes('BEGIN NATS USER JWT') && read.includes('BEGIN USER NKEY SEED')))
    return read;
  throw unusable(
    resolved.settings.get('creds')!,
    'is not a NATS credentials file: it must hold a user JWT and a user nkey seed',
    'Write one with "nsc generate creds".',
  );
}

/** The seed alone, of a bare or a decorated file. */
function seedText(resolved: ResolvedSettings, name: 'nkey' | 'seed'): string | undefined {
  const read = material(resolved, name);
  const seed = read === undefined ? undefined : /\bSU[A-Z2-7]{56}\b/.exec(read)?.[0];
  if (read === undefined || seed !== undefined) return seed;
  const problem = /\bU[A-Z2-7]{55}\b/.test(read)
    ? 'holds a public key; the seed that belongs to it starts with SU'
    : 'holds no user nkey seed (58 characters that start with SU)';
  throw unusable(resolved.settings.get(name)!, problem);
}

function pem(resolved: ResolvedSettings, name: 'tls_ca' | 'tls_cert' | 'tls_key', label: string): string | undefined {
  const read = material(resolved, name);
  if (read === undefined || new RegExp(`-----BEGIN [A-Z0-9 ]*${label}-----`).test(read)) return read;
  throw unusable(
    resolved.settings.get(name)!,
    `holds no PEM block "${label}"`,
    'Convert it with openssl: PEM starts with -----BEGIN.',
  );
}

function unusable(setting: ResolvedSetting, problem: string, hint?: string): HeddleError {
  const what = setting.value.kind === 'file' ? shownPath(setting.value.path) : 'its value';
  return new HeddleError('settings_invalid', `${whereOf(setting)}: ${what} ${problem}`, { hint });
}

function whereOf(setting: ResolvedSetting): string {
  return settingText(specOf(setting.name), setting.source);
}
