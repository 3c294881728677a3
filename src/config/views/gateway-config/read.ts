import { isSubjectToken } from '../../../contract/subject-grammar.ts';
import type { ConfigDocument } from '../../document.ts';
import { isLoopback, type ListenAddress, readListenAddress } from '../../listen.ts';
import type { MapNode } from '../../node.ts';
import { type Objection, Section } from '../section.ts';
import { type ConfigResult, View } from '../view.ts';
import type { GatewayConfig, GatewayLimits, StoreConfig, TokenConfig } from './config.ts';
import { loginOf } from './login.ts';
import { partConfigsOf } from './parts/list.ts';
import { scopeOf } from './scope.ts';
import { secretRefOf } from './secret.ts';

export const GATEWAY_DEFAULT_LISTEN: ListenAddress = { host: '127.0.0.1', port: 8787 };

/** For programs that run it; every place that is wrong. */
export function readGatewayConfig(document: ConfigDocument): ConfigResult<GatewayConfig> {
  const view = new View(document);
  const root = view.root();
  if (root === undefined) return view.failed();
  const { config, objections } = judgeGatewayConfig(root);
  for (const { at, message, hint } of objections) {
    view.reject(at.start, hint === undefined ? message : `${message} (${hint})`);
  }
  return view.done(config);
}

/** What the config says, as far as it can be read, and everything that it may not say. */
export function judgeGatewayConfig(root: MapNode): { config: GatewayConfig; objections: readonly Objection[] } {
  const objections: Objection[] = [];
  const top = new Section(root, '', objections);
  top.choice('kind', ['gateway']);
  const auth = top.section('auth');
  const tokens = auth === undefined ? [] : tokensOf(auth);
  const login = loginOf(auth?.section('oidc'));
  const allowQueryToken = auth?.truth('allow_query_token') ?? false;
  const openMetrics = auth?.truth('open_metrics') ?? false;
  auth?.finish();
  const tls = top.section('tls');
  const cert = tls?.neededText('cert');
  const key = tls?.neededText('key');
  tls?.finish();
  const config: GatewayConfig = {
    name: nameOf(top),
    listen: listenOf(top),
    publicUrl: publicUrlOf(top),
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
    trustProxy: top.truth('trust_proxy') ?? false,
    tokens,
    login,
    allowQueryToken,
    openMetrics,
    deadLetters: top.truth('dead_letters') ?? false,
    cors: corsOf(top),
    limits: limitsOf(top.section('limits')),
    store: storeOf(top.section('store')),
    requests: top.truth('requests') ?? true,
    configsDir: top.text('configs_dir'),
    ...partConfigsOf(top),
  };
  top.finish();
  return { config, objections };
}

/** Does it let in whoever reaches it, and can others than this machine? */
export function isOpen({ listen, tokens, login }: GatewayConfig): boolean {
  return !isLoopback(listen.host) && tokens.length === 0 && login === undefined;
}

/** Why this must not be served where it would be: what everybody there could do. undefined: it may. */
export function exposure(config: GatewayConfig): string | undefined {
  const { listen, requests, events, workers, playbooks, subscriptions, proxy } = config;
  if (!isOpen(config)) return undefined;
  const could: readonly (readonly [served: boolean, what: string])[] = [
    [requests, 'send tasks and goals'],
    [workers.types.length > 0, 'take tasks and answer them'],
    [playbooks.length > 0, 'start playbooks'],
    [events.enabled === true, 'hear what happens on the bus'],
    [subscriptions.length > 0, 'have programs watch for them'],
    [proxy.length > 0, `ask ${proxy.map(({ target }) => target).join(' and ')}`],
  ];
  const what = could.find(([served]) => served)?.[1];
  return what && `everybody who reaches ${listen.host}:${listen.port} could ${what}: there is no token`;
}

/** Why nobody could use the console that is asked for; undefined: somebody can, or none is asked for. */
export function consoleProblem({ console, events, requests, tokens, login }: GatewayConfig): string | undefined {
  if (!console) return undefined;
  if (!(events.enabled ?? requests)) return 'the console is told by events, and those are switched off';
  const scopes = [...tokens, ...(login === undefined ? [] : [login])].flatMap((each) => each.scopes);
  const isOpen = tokens.length === 0 && login === undefined;
  if (isOpen || scopes.includes('events')) return undefined;
  return 'nobody can log in at the console: no token and no session has the scope events';
}

function nameOf(top: Section): string {
  const name = top.text('name');
  const node = top.map.entries.get('name')?.value;
  if (name !== undefined && node !== undefined && !(isSubjectToken(name) && name.length <= 64)) {
    top.bad('name', node, 'must be up to 64 letters, digits, - and _');
  }
  return name ?? 'gateway';
}

function listenOf(top: Section): ListenAddress {
  const node = top.node('listen');
  if (node === undefined) return GATEWAY_DEFAULT_LISTEN;
  const written = node.kind === 'scalar' && (node.type === 'str' || node.type === 'int') ? node.text : undefined;
  if (written === undefined) return top.wrong('listen', node, 'an address to listen on') ?? GATEWAY_DEFAULT_LISTEN;
  const address = readListenAddress(written, GATEWAY_DEFAULT_LISTEN.host);
  if (address !== undefined) return address;
  top.bad('listen', node, 'is no address to listen on', 'write host:port or a port, such as 127.0.0.1:8787');
  return GATEWAY_DEFAULT_LISTEN;
}

function publicUrlOf(top: Section): string | undefined {
  const written = top.text('public_url');
  const node = top.map.entries.get('public_url')?.value;
  if (written === undefined || node === undefined) return undefined;
  if (URL.canParse(written)) {
    const { protocol, username, search, hash } = new URL(written);
    if (/^https?:$/.test(protocol) && username + search + hash === '') return written.replace(/\/+$/, '');
  }
  return top.bad('public_url', node, 'must be an address such as https://gateway.example.com');
}

function tokensOf(auth: Section): readonly TokenConfig[] {
  const ids = new Set<string>();
  return auth.sections('tokens').flatMap((section): TokenConfig[] => {
    const id = section.neededText('id');
    const at = section.map.entries.get('id')?.value;
    if (id !== undefined && at !== undefined) {
      if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) section.bad('id', at, 'must be up to 64 letters, digits, - _ and dots');
      if (ids.has(id)) section.bad('id', at, 'is the id of another token, too');
      ids.add(id);
    }
    const secret = secretRefOf(section);
    const written = section.needed('scopes');
    const scopes =
      written === undefined
        ? []
        : section.items('scopes').flatMap((node, index) => scopeOf(section, `scopes[${index}]`, node) ?? []);
    section.finish();
    return id === undefined || secret === undefined ? [] : [{ id, secret, scopes }];
  });
}

function corsOf(top: Section): GatewayConfig['cors'] {
  const section = top.section('cors');
  if (section === undefined) return undefined;
  const origins = section.texts('origins');
  for (const [at, origin] of origins.entries()) {
    const node = section.items('origins')[at];
    if (node === undefined || (URL.canParse(origin) && new URL(origin).origin === origin)) continue;
    section.bad(`origins[${at}]`, node, 'must be an origin such as https://app.example.com');
  }
  const maxAgeS = section.whole('max_age_s', 0, 86_400) ?? 600;
  section.finish();
  return { origins, maxAgeS };
}

const KIB = 1024;
const MIB = 1024 * KIB;

function limitsOf(section: Section | undefined): GatewayLimits {
  const limits: GatewayLimits = {
    bodyBytes: section?.whole('body_bytes', KIB, 64 * MIB) ?? 256 * KIB,
    connections: section?.whole('connections', 1, 1_000_000) ?? 20_000,
    inflight: section?.whole('inflight', 1, 100_000) ?? 1_000,
    sseClients: section?.whole('sse_clients', 1, 1_000_000) ?? 5_000,
    perToken: section === undefined ? undefined : rateOf(section, 'rate_per_token'),
    waitS: section?.whole('wait_s', 1, 60) ?? 60,
  };
  section?.finish();
  return limits;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Per second. */
function rateOf(section: Section, key: string): number | undefined {
  const text = section.text(key);
  const node = section.map.entries.get(key)?.value;
  if (text === undefined || node === undefined) return undefined;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\/([smh])$/.exec(text) ?? [];
  const rate = Number(amount) / (SECONDS[unit] ?? 1);
  return rate > 0 ? rate : section.bad(key, node, 'must be a rate such as 200/s, 100/m or 10/h');
}

function storeOf(section: Section | undefined): StoreConfig {
  const store: StoreConfig = {
    kind: section?.choice('kind', ['auto', 'required', 'memory']) ?? 'auto',
    ttlS: section?.whole('ttl_s', 60, 30 * 86_400) ?? 1_800,
    replicas: section?.whole('replicas', 1, 5) ?? 1,
    resultBytes: section?.whole('result_bytes', KIB, 8 * MIB) ?? 256 * KIB,
  };
  section?.finish();
  return store;
}
