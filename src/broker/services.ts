import type { Permissions, SubjectRules } from '../transport/permissions.ts';
import type { Client } from './client.ts';
import { type ConnzOptions, connz } from './connz.ts';
import { goTime } from './go-time.ts';
import { BROKER_NAME, BROKER_VERSION, type Identity } from './identity.ts';
import type { BrokerSettings } from './options.ts';
import type { Routes } from './routes.ts';

interface Subject {
  readonly identity: Identity;
  readonly settings: BrokerSettings;
  clients(): readonly Client[];
}

const CONNZ_OPTIONS: Readonly<Record<keyof ConnzOptions, 'string' | 'boolean' | 'number'>> = {
  sort: 'string',
  auth: 'boolean',
  subscriptions: 'boolean',
  subscriptions_detail: 'boolean',
  offset: 'number',
  limit: 'number',
  cid: 'number',
  state: 'number',
  filter_subject: 'string',
};

/** What the broker answers under `$SYS`: who is connected, and what the asker may do. */
export function serveSystem(routes: Routes<Client>, of: Subject): void {
  const { identity, settings } = of;
  let sequence = 0;
  const answer = (content: Record<string, unknown>): string => {
    sequence += 1;
    return JSON.stringify({
      server: {
        name: BROKER_NAME,
        host: identity.host,
        id: identity.id,
        ver: BROKER_VERSION,
        seq: sequence,
        jetstream: false,
        time: goTime(settings.clock.now()),
      },
      ...content,
    });
  };
  const connections = (question: string): string => {
    const options = readOptions(question);
    if (typeof options === 'string') return answer({ error: { code: 400, description: options } });
    const now = settings.clock.now();
    const page = connz(of.clients(), options, now);
    if (typeof page === 'string') return answer({ data: null, error: { code: 500, description: page } });
    return answer({ data: { server_id: identity.id, now: goTime(now), ...page } });
  };
  routes.serve('$SYS.REQ.ACCOUNT.PING.CONNZ', connections);
  routes.serve('$SYS.REQ.SERVER.PING.CONNZ', connections);
  routes.serve('$SYS.REQ.USER.INFO', (_question, asker) => {
    const { user, permissions } = asker?.admission ?? {};
    return answer({
      data: { user: user ?? '', account: '$G', ...(permissions ? { permissions: shown(permissions) } : {}) },
    });
  });
}

/** The options asked for, or what is wrong with them. */
function readOptions(question: string): ConnzOptions | string {
  if (question.trim() === '') return {};
  let asked: unknown;
  try {
    asked = JSON.parse(question);
  } catch (error) {
    return (error as Error).message;
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return 'the options must be a JSON object';
  for (const [name, type] of Object.entries(CONNZ_OPTIONS)) {
    const value: unknown = Object.hasOwn(asked, name) ? (asked as Record<string, unknown>)[name] : undefined;
    if (value === undefined || value === null) continue;
    if (type === 'number' ? !Number.isSafeInteger(value) : typeof value !== type) return `${name} must be a ${type}`;
  }
  return asked;
}

function shown(permissions: Permissions): Record<string, SubjectRules> {
  return {
    ...(permissions.publish ? { publish: permissions.publish } : {}),
    ...(permissions.subscribe ? { subscribe: permissions.subscribe } : {}),
  };
}
