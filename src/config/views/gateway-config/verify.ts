import type { Section } from '../section.ts';
import { keyPlaceOf } from './key-place.ts';
import { SCHEME_NAMES, schemeFacts } from './schemes.ts';
import { publicKeysOf, secretsOf } from './secret.ts';
import type { HmacForm, OidcForm, VerifyConfig } from './webhook-config.ts';

const TOLERANCE_S = 300;
const LONGEST_TOLERANCE_S = 86_400;

/** How a webhook is verified. Only the keys of its scheme are known; any other is one too many. */
export function verifyOf(section: Section): VerifyConfig | undefined {
  const written = section.needed('scheme');
  const scheme = written === undefined ? undefined : section.oneOf('scheme', written, SCHEME_NAMES);
  if (scheme === undefined) return undefined;
  const facts = schemeFacts(scheme);
  const [first] = facts.keys;
  const secrets = facts.keys.includes('secrets') ? secretsOf(section, 'secrets') : [];
  const publicKeys = facts.keys.includes('public_keys') ? publicKeysOf(section, 'public_keys') : [];
  if (first !== undefined && !facts.keys.some((key) => says(section, key))) {
    const hint =
      first === 'secrets' ? 'write secrets: [{env: NAME}]; several are all good' : 'write public_keys: [<hex>]';
    section.object(
      'missing-key',
      section.map,
      `'${section.path}' has no ${facts.keys.map((key) => `'${key}'`).join(' and no ')}`,
      hint,
    );
  }
  const hmac = facts.form === 'hmac' ? hmacOf(section) : undefined;
  const timed = facts.timed || hmac?.timestampHeader !== undefined;
  const toleranceS = timed ? (section.whole('tolerance_s', 1, LONGEST_TOLERANCE_S) ?? TOLERANCE_S) : undefined;
  const oidc = facts.form === 'oidc' ? oidcOf(section) : undefined;
  if (scheme === 'none' && section.truth('insecure') !== true) {
    section.object(
      'missing-key',
      section.map,
      `'${section.path}' verifies nothing, and does not say that this is meant`,
      'add insecure: true, or choose a scheme',
    );
  }
  section.finish();
  return { scheme, secrets, publicKeys, toleranceS, hmac, oidc };
}

/** An empty list would let nobody in, or everybody. */
function says(section: Section, key: string): boolean {
  const value = section.map.entries.get(key)?.value;
  return value !== undefined && !(value.kind === 'seq' && value.items.length === 0);
}

const HEADER = /^[A-Za-z0-9!#$%&'*+.^_|~-]+$/;

export function headerName(section: Section, key: string, written: string | undefined): string | undefined {
  if (written === undefined || HEADER.test(written)) return written?.toLowerCase();
  const node = section.map.entries.get(key)?.value;
  return node === undefined ? undefined : section.bad(key, node, 'is no name of a header');
}

function hmacOf(section: Section): HmacForm {
  const template = section.text('template') ?? '{body}';
  const timestampHeader = headerName(section, 'timestamp_header', section.text('timestamp_header'));
  const node = section.map.entries.get('template')?.value;
  if (node !== undefined && !template.includes('{body}')) {
    section.bad('template', node, 'does not hold {body}: nothing of the body would be signed');
  } else if (node !== undefined && template.includes('{timestamp}') !== (timestampHeader !== undefined)) {
    section.bad('template', node, "and 'timestamp_header' go together: a time that is not signed proves nothing");
  }
  return {
    header: headerName(section, 'header', section.neededText('header')) ?? '',
    prefix: section.text('prefix') ?? '',
    encoding: section.choice('encoding', ['hex', 'base64']) ?? 'hex',
    algorithm: section.choice('algorithm', ['sha1', 'sha256', 'sha512']) ?? 'sha256',
    template,
    timestampHeader,
  };
}

const GOOGLE_ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];
const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs';

function oidcOf(section: Section): OidcForm {
  const issuer = section.text('issuer');
  return {
    issuers: issuer === undefined ? GOOGLE_ISSUERS : [issuer],
    audience: section.neededText('audience') ?? '',
    email: section.text('email'),
    jwks: keyPlaceOf(section, section.text('jwks') ?? GOOGLE_KEYS),
  };
}
