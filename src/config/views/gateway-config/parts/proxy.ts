import type { Section } from '../../section.ts';
import { SCOPES, type Scope } from '../scope.ts';
import { headerName } from '../verify.ts';

/** Addresses of another server that are reached through us, by whoever is known here. */
export interface ProxyConfig {
  /** `/noetl`: what follows it is asked of the target. */
  readonly prefix: string;
  /** Without a slash at its end. Its host is the only one that is ever asked. */
  readonly target: string;
  readonly scope: Scope;
  /** Headers that tell the target who asks; nobody else can set them. */
  readonly userHeaders: {
    readonly id: string | undefined;
    readonly email: string | undefined;
    readonly name: string | undefined;
  };
  /** Of a request. */
  readonly bodyBytes: number;
  /** How long nothing may move. */
  readonly timeoutS: number;
}

const PREFIX = /^(?:\/[A-Za-z0-9._~-]+)+$/;
/** What we serve ourselves. */
const OWN =
  /^\/(?:v1|webhooks?|events|graphql|metrics|livez|readyz|healthz|api\/(?:auth|internal|subscriptions))(?:\/|$)/;

export function proxy(top: Section): readonly ProxyConfig[] {
  const seen = new Set<string>();
  return top.sections('proxy').flatMap((section): ProxyConfig[] => {
    const prefix = section.neededText('prefix')?.replace(/\/+$/, '') ?? '';
    const at = section.map.entries.get('prefix')?.value;
    if (
      at !== undefined &&
      (!PREFIX.test(prefix) || OWN.test(prefix) || /(?:^|\/)\.\.?(?:\/|$)/.test(prefix) || seen.has(prefix))
    ) {
      section.bad('prefix', at, 'must be a path such as /noetl, of its own and none that is served here');
    }
    seen.add(prefix);
    const target = section.neededText('target')?.replace(/\/+$/, '') ?? '';
    const node = section.map.entries.get('target')?.value;
    if (node !== undefined && !isTarget(target))
      section.bad('target', node, 'must be an address such as http://127.0.0.1:8082');
    const headers = section.section('user_headers');
    const named = (key: string) => (headers === undefined ? undefined : headerName(headers, key, headers.text(key)));
    const userHeaders = { id: named('id'), email: named('email'), name: named('name') };
    headers?.finish();
    const config: ProxyConfig = {
      prefix,
      target,
      scope: section.choice('scope', SCOPES) ?? 'submit',
      userHeaders,
      bodyBytes: section.whole('body_bytes', 1024, 1024 * 1024 * 1024) ?? 10 * 1024 * 1024,
      timeoutS: section.whole('timeout_s', 1, 600) ?? 60,
    };
    section.finish();
    return prefix === '' || target === '' ? [] : [config];
  });
}

function isTarget(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}
