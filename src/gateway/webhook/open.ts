import type { KeyPlace } from '../../config/views/gateway-config/key-place.ts';
import type { WebhookConfig } from '../../config/views/gateway-config/webhook-config.ts';
import { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import { type KeySet, keysAt, keysInFile } from '../key-set.ts';
import { readFile, type SecretSource, secretText } from '../secrets.ts';
import type { Scheme, Verify } from './scheme.ts';
import { VERIFIERS } from './schemes/list.ts';

/** A webhook that is ready to take deliveries. */
export interface Webhook {
  readonly config: WebhookConfig;
  readonly scheme: Scheme;
  readonly verify: Verify;
  /** What `hub.verify_token` must be. */
  readonly verifyToken: string | undefined;
  /** Headers that no mapping sees: they prove who sent it, or log somebody in. */
  readonly hidden: ReadonlySet<string>;
}

const CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'];

/** Reads what the webhook is verified with. Throws `settings_invalid`. */
export function openWebhook(config: WebhookConfig, source: SecretSource, clock: Clock): Webhook {
  const { name, verify } = config;
  const called = `webhook ${name}`;
  const scheme = VERIFIERS[verify.scheme];
  const { hmac, oidc } = verify;
  const settings = {
    called,
    secrets: verify.secrets.map((ref) => secretText(ref, source, called)),
    publicKeys: verify.publicKeys.map((ref) => secretText(ref, source, called)),
    toleranceS: verify.toleranceS ?? 0,
    hmac,
    oidc: oidc === undefined ? undefined : { ...oidc, keys: keySetOf(oidc.jwks, source, clock, called) },
  };
  const own = hmac === undefined ? [] : [hmac.header];
  return {
    config,
    scheme,
    verify: scheme.open(settings),
    verifyToken: config.verifyToken === undefined ? undefined : secretText(config.verifyToken, source, called),
    hidden: new Set([...CREDENTIALS, ...scheme.proofHeaders, ...own]),
  };
}

function keySetOf(jwks: KeyPlace, source: SecretSource, clock: Clock, called: string): KeySet {
  if ('url' in jwks) return keysAt(jwks.url, clock);
  const text = readFile(jwks.file, source, called);
  try {
    return keysInFile(text);
  } catch (cause) {
    throw new HeddleError('settings_invalid', `${called}: the file ${jwks.file} is no set of JSON Web Keys`, { cause });
  }
}
