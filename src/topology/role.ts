import { readSubject } from '../contract/subject-meaning.ts';
import { CONTROL_RELOAD } from '../contract/subjects.ts';
import type { BusSubscription, Connection } from './connection.ts';

/**
 * What one subscription makes of its connection. Python actors carry no name, so the subject and the queue group are
 * all there is to know them by.
 */
export type Role =
  | { readonly role: 'router' }
  /** `tier` is `EVERY_TIER` of a worker that takes its tasks from all of them. */
  | { readonly role: 'worker'; readonly type: string; readonly tier: string }
  | { readonly role: 'goal_taker' }
  | { readonly role: 'dead_letter_listener' }
  | { readonly role: 'result_listener' }
  | { readonly role: 'control_listener' }
  /** Looks among dead letters for its own requests, and keeps none. */
  | { readonly role: 'gateway' }
  | { readonly role: 'scheduler'; readonly scheduler: string }
  | { readonly role: 'watcher' }
  | { readonly role: 'inbox' }
  | { readonly role: 'other' };

/** The tier of a worker that listens on all of them at once, as its subscription has it. */
export const EVERY_TIER = '*';

/** Programs that look on under an exact subject and must not be counted among those who do the work. */
const ONLOOKERS = /^(?:NATS CLI\b|heddle-ts (?!router\b|worker\b|dev\b|gateway\b))/;

export function isOnlooker(connection: Connection): boolean {
  return connection.name !== undefined && ONLOOKERS.test(connection.name);
}

const GATEWAY = 'heddle-ts gateway';

export function isGateway(connection: Connection): boolean {
  return connection.name?.startsWith(GATEWAY) === true;
}

/** What a gateway is called: its replicas share a group of its name, and in memory each is for itself. */
export function gatewayNameOf({ connection, queue }: { connection: Connection; queue: string | undefined }): string {
  return queue?.replace(/^gateway-/, '') ?? connection.name?.slice(GATEWAY.length + 1) ?? '';
}

/** The names of those that are gateways. */
export function gatewaysAmong(
  groups: readonly { readonly members: readonly { connection: Connection }[] }[],
): string[] {
  const gateways = groups.flatMap(({ members }) => members.filter(({ connection }) => isGateway(connection)));
  return [...new Set(gateways.map(({ connection }) => gatewayNameOf({ connection, queue: undefined })))].sort();
}

/** Under which a gateway listens, for nothing but to be seen: what else work comes to it from, while it does. */
export function gatewayInputSubject(gateway: string, kind: 'mqtt' | 'sidecar', input: string): string {
  return `${INPUTS}${gateway}.${kind}.${input}`;
}

const INPUTS = 'heddle.gateway.inputs.';

/** `mqtt plant`, `sidecar usb`. */
export function gatewayInputsOf({ subscriptions }: Pick<Connection, 'subscriptions'>): readonly string[] {
  return subscriptions
    .filter(({ subject }) => subject.startsWith(INPUTS))
    .map(({ subject }) => subject.slice(INPUTS.length).split('.').slice(1).join(' '))
    .sort();
}

/** What else work comes to all of these from, each once. */
export function inputsOfAll(
  gateways: readonly { readonly connection: Pick<Connection, 'subscriptions'> }[],
): readonly string[] {
  return [...new Set(gateways.flatMap(({ connection }) => gatewayInputsOf(connection)))].sort();
}

export function roleOf(connection: Connection, { subject, queue }: BusSubscription): Role {
  const tokens = subject.split('.');
  // What gateways hear of each other, and of those who work for them.
  if (tokens[0] === 'heddle' && tokens[1] === 'gateway' && isGateway(connection)) return { role: 'other' };
  if (tokens.includes('*') || tokens.at(-1) === '>') return wildcardRole(tokens, queue);
  if (subject.startsWith('_INBOX.') || tokens[0]?.startsWith('_')) return { role: 'inbox' };
  if (tokens[0] !== 'heddle') return { role: 'other' };
  const meaning = readSubject(subject);
  if (meaning.kind === 'dead_letter') return { role: isGateway(connection) ? 'gateway' : 'dead_letter_listener' };
  if (meaning.kind === 'result') return { role: 'result_listener' };
  if (subject === CONTROL_RELOAD) return { role: 'control_listener' };
  if (isOnlooker(connection)) return { role: 'watcher' };
  switch (meaning.kind) {
    case 'tasks_incoming':
      return { role: 'router' };
    case 'goals_incoming':
      return { role: 'goal_taker' };
    case 'task':
      if (meaning.workerType === '') return { role: 'other' };
      return { role: 'worker', type: meaning.workerType, tier: meaning.tier };
    case 'scheduler':
      return { role: 'scheduler', scheduler: meaning.name };
    // Generation C's; what hears it takes no part in the work that is known here.
    case 'event':
    case 'command':
    case 'rejection':
    case 'dedup':
      return { role: 'watcher' };
    default:
      return { role: 'other' };
  }
}

function wildcardRole(tokens: readonly string[], queue: string | undefined): Role {
  const [root, area] = tokens;
  const served = servedOnEveryTier(tokens, queue);
  if (served !== undefined) return { role: 'worker', type: served, tier: EVERY_TIER };
  // `_INBOX.<id>.*` is how clients receive replies; a chosen inbox prefix has the same shape.
  if (root?.startsWith('_')) return { role: 'inbox' };
  const seesHeddle = root === 'heddle' || root === '*' || root === '>';
  if (!seesHeddle) return { role: 'other' };
  return root === 'heddle' && area === 'results' ? { role: 'result_listener' } : { role: 'watcher' };
}

/** The type of a worker that takes tasks of its name from every tier: whoever looks on joins no worker's queue group. */
function servedOnEveryTier(tokens: readonly string[], queue: string | undefined): string | undefined {
  const type = tokens.slice(2, -1).join('.');
  if (tokens[0] !== 'heddle' || tokens[1] !== 'tasks' || type === '') return undefined;
  return queue === `processors-${type}` || queue === `workers-${type}` ? type : undefined;
}
