/** What a way of signing deliveries asks of its config, and what it tells besides that a delivery is genuine. */
export interface SchemeFacts {
  /** Keys that say with what to verify; one of them must be there. */
  readonly keys: readonly ('secrets' | 'public_keys')[];
  /** The sender signs a time, which must be near ours: `tolerance_s`. */
  readonly timed: boolean;
  /** Further keys of its own. */
  readonly form?: 'hmac' | 'oidc' | undefined;
  /** Where its sender puts the id of a delivery, as `dedupe.key` would say it; undefined when nowhere. */
  readonly delivery: string | undefined;
}

const SECRETS = ['secrets'] as const;

/** Every scheme that a webhook can be verified by. src/gateway/webhook/schemes has one file for each, and a test holds the two together. */
export const SCHEMES = {
  'standard-webhooks': { keys: ['secrets', 'public_keys'], timed: true, delivery: 'header:webhook-id' },
  svix: { keys: ['secrets', 'public_keys'], timed: true, delivery: 'header:svix-id' },
  github: { keys: SECRETS, timed: false, delivery: 'header:x-github-delivery' },
  meta: { keys: SECRETS, timed: false, delivery: undefined },
  stripe: { keys: SECRETS, timed: true, delivery: 'body:/id' },
  slack: { keys: SECRETS, timed: true, delivery: 'body:/event_id' },
  shopify: { keys: SECRETS, timed: false, delivery: 'header:x-shopify-webhook-id' },
  gitlab: { keys: SECRETS, timed: false, delivery: 'header:x-gitlab-event-uuid' },
  twilio: { keys: SECRETS, timed: false, delivery: 'header:i-twilio-idempotency-token' },
  discord: { keys: ['public_keys'], timed: true, delivery: 'body:/id' },
  mailgun: { keys: SECRETS, timed: true, delivery: 'body:/signature/token' },
  'google-oidc': { keys: [], timed: false, form: 'oidc', delivery: 'body:/message/messageId' },
  hmac: { keys: SECRETS, timed: false, form: 'hmac', delivery: undefined },
  bearer: { keys: SECRETS, timed: false, delivery: undefined },
  none: { keys: [], timed: false, delivery: undefined },
} as const satisfies Readonly<Record<string, SchemeFacts>>;

export type SchemeName = keyof typeof SCHEMES;

export const SCHEME_NAMES = Object.keys(SCHEMES) as readonly SchemeName[];

export function schemeFacts(name: SchemeName): SchemeFacts {
  return SCHEMES[name];
}
