import { HeddleError, isHeddleError } from '../../errors.ts';
import { DURATION_EXAMPLES, readDuration } from '../flags/duration.ts';
import { quoted } from '../screen/disarm.ts';
import { HIDDEN, quotedValue } from '../screen/looks-secret.ts';
import { type AuthMethod, chooseAuth, companion, type Notice } from './auth.ts';
import { type Candidate, type Candidates, gather } from './candidates.ts';
import { DEFAULT_TIMEOUT_MS, DEFAULT_URL, type SettingName, specOf } from './catalog.ts';
import { type ContextChoice, chooseContext } from './context.ts';
import type { Environment } from './environment.ts';
import { nodeFiles, type SettingsFiles } from './files.ts';
import type { ConnectionFlags } from './flags.ts';
import { invalid, type Material, type Place, resolveMaterial, settingText } from './reference.ts';
import { Secret } from './secret.ts';
import { readServers, redactUrl, type ServerAddress } from './server-url.ts';
import { type Source, sourceText } from './source.ts';
import { refuseMixing } from './trust.ts';

export interface SettingsInput {
  readonly flags: ConnectionFlags;
  /** From `loadEnvironment`. */
  readonly environment: Environment;
  readonly cwd: string;
  /** The user's home directory; empty when there is none. */
  readonly home: string;
  readonly platform: string;
  readonly files?: SettingsFiles | undefined;
}

export type SettingValue =
  | { readonly kind: 'servers'; readonly servers: readonly ServerAddress[]; readonly redacted: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'switch' }
  | { readonly kind: 'duration'; readonly ms: number }
  | Material;

/** One setting that has a value, and where it came from. */
export interface ResolvedSetting {
  readonly name: SettingName;
  readonly value: SettingValue;
  readonly source: Source;
  /** Why the connection does without it. */
  readonly unused?: string | undefined;
}

export interface ResolvedSettings {
  readonly settings: ReadonlyMap<SettingName, ResolvedSetting>;
  readonly method: AuthMethod;
  readonly environment: Environment;
  readonly files: SettingsFiles;
  /** Each of them stops a connection; `toConnectOptions` throws the first. */
  readonly problems: readonly HeddleError[];
  /** Worth saying, on stderr, once. */
  readonly warnings: readonly Notice[];
}

/** Puts all connection settings together. Never throws for what a user wrote: problems are in the result. */
export function resolveSettings(input: SettingsInput): ResolvedSettings {
  const { flags, environment, files = nodeFiles } = input;
  const place: Place = { cwd: input.cwd, home: input.home, platform: input.platform, environment };
  const problems: HeddleError[] = [];
  const warnings: Notice[] = environment.warnings.map(({ message, hint }) => ({ id: 'env_file', message, hint }));
  const settings = new Map<SettingName, ResolvedSetting>();

  const choice = chooseContext(flags.natsContext, place, files);
  const candidates = gather(flags, environment, choice.context);
  const url = readUrl(candidates, problems);
  settings.set('url', url);
  judgeContext(choice, url.source, problems, warnings);
  if (choice.wanted) {
    settings.set('context', {
      name: 'context',
      value: { kind: 'text', text: choice.wanted.name },
      source: choice.wanted.source,
    });
  }

  const keep = (candidate: Candidate, unused?: string): void => {
    const { spec, source } = candidate;
    let value: SettingValue;
    try {
      value = readValue(candidate, place);
    } catch (error) {
      if (!isHeddleError(error)) throw error;
      // What is not used stops nothing.
      if (unused === undefined) problems.push(error);
      value = unread(candidate);
    }
    settings.set(spec.name, { name: spec.name, value, source, unused });
  };

  const servers = url.value.kind === 'servers' ? url.value.servers : [];
  const inUrl = servers.some(({ userInfo }) => userInfo !== undefined) ? url.source : undefined;
  const auth = chooseAuth(candidates, inUrl);
  for (const candidate of auth.used.values()) keep(candidate);
  for (const { candidate, reason } of auth.unused.values()) keep(candidate, reason);
  if (inUrl !== undefined) warnings.push(credentialsInUrl(inUrl));
  if (servers.some(({ hasPath }) => hasPath)) warnings.push(pathInUrl(url.source));
  warnings.push(...auth.warnings);

  const identity = [...auth.used.values(), ...tls(candidates, keep, problems)];
  const refusal = flags.allowMixedAuth ? undefined : refuseMixing(url.source, identity, candidates, choice.context);
  if (refusal) problems.push(refusal);

  for (const name of ['tls_ca', 'tls_first', 'inbox_prefix', 'timeout'] as const) {
    const candidate = candidates.winner(name);
    if (candidate) keep(candidate);
  }
  if (!settings.has('timeout')) {
    settings.set('timeout', {
      name: 'timeout',
      value: { kind: 'duration', ms: DEFAULT_TIMEOUT_MS },
      source: { kind: 'default' },
    });
  }
  if (environment.get('NATS_SOCKS_PROXY')) {
    warnings.push({
      id: 'socks_proxy',
      message: 'NATS_SOCKS_PROXY is set, but SOCKS proxies are not supported: connecting directly',
    });
  }
  return { settings, method: auth.method, environment, files, problems, warnings };
}

/** Is there nothing to say which servers: the default. Are they unreadable: a problem, and none. */
function readUrl(candidates: Candidates, problems: HeddleError[]): ResolvedSetting {
  const winner: Candidate = candidates.winner('url') ?? {
    spec: specOf('url'),
    text: DEFAULT_URL,
    source: { kind: 'default' },
  };
  const reading = readServers(winner.text);
  if ('problem' in reading)
    problems.push(
      invalid(
        winner.spec,
        winner.source,
        `${quotedValue(redactUrl(winner.text))} is not a server address: ${reading.problem}`,
        'Write it as nats://host:4222, or tls://host:4222.',
      ),
    );
  const servers = 'servers' in reading ? reading.servers : [];
  return { name: 'url', value: { kind: 'servers', servers, redacted: redactUrl(winner.text) }, source: winner.source };
}

/**
 * A context that was named must work. One that is merely selected must work only when it decides where to connect:
 * the `nats` CLI refuses then too, and going on to localhost would send work to the wrong bus.
 */
function judgeContext(choice: ContextChoice, url: Source, problems: HeddleError[], warnings: Notice[]): void {
  const named = choice.wanted !== undefined && choice.wanted.source.kind !== 'selection';
  const needed = url.kind === 'context' || url.kind === 'default';
  for (const problem of choice.problems) {
    if (named || needed) problems.push(problem);
    else
      warnings.push({
        id: 'context_ignored',
        message: `the selected NATS context is not used: ${problem.message}`,
        hint: problem.hint,
      });
  }
  const overridden = url.kind === 'environment' || url.kind === 'env_file';
  if (overridden && choice.wanted?.source.kind === 'flag' && choice.context?.fields.has('url')) {
    warnings.push({
      id: 'context_url_overridden',
      message: `the server address comes from ${sourceText(url)}, not from NATS context ${quoted(choice.context.name)}`,
      hint: "Environment and .env go before contexts; unset the variable to use the context's address.",
    });
  }
}

/** Returns what of it says who we are: certificate and key count as credentials, the authorities do not. */
function tls(candidates: Candidates, keep: (candidate: Candidate) => void, problems: HeddleError[]): Candidate[] {
  const cert = candidates.winner('tls_cert');
  const key = cert ? companion(candidates, 'tls_key', cert) : candidates.winner('tls_key');
  const found = [cert, key].filter((candidate) => candidate !== undefined);
  for (const candidate of found) keep(candidate);
  const [lonely] = found;
  if (lonely !== undefined && found.length === 1) {
    const missing = cert
      ? 'the private key is missing (--tls-key, NATS_KEY)'
      : 'the certificate is missing (--tls-cert, NATS_CERT)';
    problems.push(invalid(lonely.spec, lonely.source, missing));
  }
  return found;
}

function readValue({ spec, text, source }: Candidate, place: Place): SettingValue {
  // An empty flag is a shell variable that was not set; going on with a default would go somewhere else.
  if (text.trim() === '' && source.kind === 'flag') throw invalid(spec, source, 'it is empty');
  if (spec.kind === 'switch') return { kind: 'switch' };
  if (spec.name === 'timeout') return timeoutOf(text, settingText(spec, source), source);
  if (spec.name === 'inbox_prefix' && !/^[^\s.*>]+(?:\.[^\s.*>]+)*$/.test(text)) {
    throw invalid(spec, source, `${quotedValue(text)} is not a subject: no blanks, no wildcards, no empty parts`);
  }
  return spec.kind === 'text' ? { kind: 'text', text } : resolveMaterial(text, spec, source, place);
}

/** Shown in its place when it could not be read: it may still be a secret. */
function unread({ spec, text }: Candidate): SettingValue {
  return spec.kind === 'text' ? { kind: 'text', text } : { kind: 'inline', secret: new Secret(text), shown: HIDDEN };
}

function timeoutOf(text: string, where: string, source: Source): SettingValue {
  const reading = readDuration(text);
  const problem = 'problem' in reading ? reading.problem : reading.ms === 0 ? 'leaves no time to connect' : undefined;
  if (problem === undefined && 'ms' in reading) return { kind: 'duration', ms: reading.ms };
  throw new HeddleError(
    source.kind === 'flag' ? 'usage' : 'settings_invalid',
    `${where}: ${quotedValue(text)} ${problem}`,
    {
      hint: DURATION_EXAMPLES,
    },
  );
}

function pathInUrl(source: Source): Notice {
  return {
    id: 'path_in_url',
    message: `the server address (${sourceText(source)}) has a path behind its port, which means nothing to NATS`,
    hint: "Leave it out: Heddle's actors pass over it too, and so does this program.",
  };
}

function credentialsInUrl(source: Source): Notice {
  return {
    id: 'credentials_in_url',
    message: `the server address (${sourceText(source)}) carries credentials, which process lists, histories and logs keep`,
    hint: 'Use --creds, --password-file, --token-file or their NATS_ variables instead.',
  };
}
