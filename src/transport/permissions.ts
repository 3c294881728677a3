import { HeddleError } from '../errors.ts';
/**
 * What a user may name in a publish or a subscribe. No `allow` list allows everything; `deny` wins over it.
 * An entry for subscribe may name a queue group after a space: `jobs.* workers`.
 */
export interface SubjectRules {
  allow?: readonly string[] | undefined;
  deny?: readonly string[] | undefined;
}

/** What a user may publish and subscribe to; what is left out is allowed. */
export interface Permissions {
  publish?: SubjectRules | undefined;
  subscribe?: SubjectRules | undefined;
}

/** Somebody who may connect to a bus of ours. */
export interface BusUser {
  user: string;
  password: string;
  permissions?: Permissions | undefined;
}

/** Permissions made ready for asking, one per connection. */
export interface Permit {
  mayPublish(subject: string): boolean;
  maySubscribe(pattern: string, queue: string | undefined): boolean;
  /** What a permitted wildcard subscription must still not see; undefined when it may see everything it matches. */
  blinds(pattern: string): ((subject: string) => boolean) | undefined;
}

const REMEMBERED_SUBJECTS = 1024;

export function permit(permissions: Permissions | undefined): Permit | undefined {
  if (permissions === undefined) return undefined;
  const publish = permissions.publish ?? {};
  const allow = permissions.subscribe?.allow?.map(entry);
  const deny = permissions.subscribe?.deny?.map(entry) ?? [];
  const deniedToAll = deny.filter((rule) => rule.queue === undefined);

  return {
    mayPublish: remembered(
      (subject) =>
        (publish.allow === undefined || publish.allow.some((rule) => covers(rule, subject))) &&
        !publish.deny?.some((rule) => covers(rule, subject)),
    ),
    maySubscribe: (pattern, queue) =>
      (allow === undefined || named(allow, pattern, queue)) && !named(deny, pattern, queue),
    blinds(pattern) {
      const inside = deniedToAll.filter((rule) => overlaps(rule.pattern, pattern));
      if (inside.length === 0) return undefined;
      return remembered((subject) => inside.some((rule) => covers(rule.pattern, subject)));
    },
  };
}

interface SubscribeRule {
  readonly pattern: string;
  readonly queue: string | undefined;
}

function entry(text: string): SubscribeRule {
  const [pattern = '', queue] = text.trim().split(/\s+/);
  return { pattern, queue };
}

/** Rules that name groups decide over a queue subscription where there are such; they say nothing of a plain one. */
function named(rules: readonly SubscribeRule[], pattern: string, queue: string | undefined): boolean {
  const covering = rules.filter((rule) => covers(rule.pattern, pattern));
  const withQueue = covering.filter((rule) => rule.queue !== undefined);
  if (queue !== undefined && withQueue.length > 0) return withQueue.some((rule) => covers(rule.queue ?? '', queue));
  return covering.length > withQueue.length;
}

/** Does `pattern` take in every subject that `other` (a subject or a pattern) stands for. */
export function covers(pattern: string, other: string): boolean {
  const ours = pattern.split('.');
  const theirs = other.split('.');
  for (const [index, token] of ours.entries()) {
    const their = theirs[index];
    if (their === undefined) return false;
    if (token === '>') return true;
    if (their === '>' || (token !== '*' && token !== their)) return false;
  }
  return ours.length === theirs.length;
}

/** Is there a subject that both stand for. */
export function overlaps(left: string, right: string): boolean {
  const a = left.split('.');
  const b = right.split('.');
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const ours = a[index];
    const theirs = b[index];
    if (ours === undefined || theirs === undefined) return false;
    if (ours === '>' || theirs === '>') return true;
    if (ours !== '*' && theirs !== '*' && ours !== theirs) return false;
  }
  return true;
}

function remembered(decide: (subject: string) => boolean): (subject: string) => boolean {
  const known = new Map<string, boolean>();
  return (subject) => {
    let decision = known.get(subject);
    if (decision === undefined) {
      decision = decide(subject);
      if (known.size >= REMEMBERED_SUBJECTS) known.clear();
      known.set(subject, decision);
    }
    return decision;
  };
}

/** Where answers come back unless another prefix is chosen. */
export const DEFAULT_INBOX = '_INBOX';

/** A subject that the server refuses us. One below `inboxPrefix` is made up anew each time: what is to be allowed is all of them. */
export function permissionDenied(
  operation: 'publish' | 'subscribe',
  subject: string,
  label: string,
  inboxPrefix: string = DEFAULT_INBOX,
): HeddleError {
  const act = operation === 'publish' ? 'publish to' : 'subscribe to';
  const prefix = [inboxPrefix, DEFAULT_INBOX].find((each) => subject.startsWith(`${each}.`));
  const shown =
    prefix !== undefined
      ? `${JSON.stringify(`${prefix}.>`)}, where answers come back`
      : subject === ''
        ? 'a subject'
        : JSON.stringify(subject.slice(0, 200));
  return new HeddleError('permission_denied', `${label} does not allow us to ${act} ${shown}`, {
    remedy: { do: 'allow-subject', operation },
    retryable: false,
  });
}
