import type { SchemeName } from '../../../config/views/gateway-config/schemes.ts';
import type { Scheme } from '../scheme.ts';
import { bearer } from './bearer.ts';
import { discord } from './discord.ts';
import { github, meta } from './github.ts';
import { gitlab } from './gitlab.ts';
import { googleOidc } from './google-oidc.ts';
import { hmac } from './hmac.ts';
import { mailgun } from './mailgun.ts';
import { none } from './none.ts';
import { shopify } from './shopify.ts';
import { slack } from './slack.ts';
import { standardWebhooks, svix } from './standard-webhooks.ts';
import { stripe } from './stripe.ts';
import { twilio } from './twilio.ts';

/** Every scheme, by the name that a config gives it. test/architecture.test.ts holds the list to its folder. */
export const VERIFIERS: Readonly<Record<SchemeName, Scheme>> = {
  'standard-webhooks': standardWebhooks,
  svix,
  github,
  meta,
  stripe,
  slack,
  shopify,
  gitlab,
  twilio,
  discord,
  mailgun,
  'google-oidc': googleOidc,
  hmac,
  bearer,
  none,
};
