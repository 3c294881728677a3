import { type Grant, permissionsOf, type Role } from '../contract/roles.ts';
import { covers, overlaps, type Permissions, type SubjectRules } from '../transport/permissions.ts';

/**
 * What a user with these permissions lacks to be this part of Heddle: `publish heddle.results.>`. Of a pattern a part is enough: many
 * workers may have the tasks of their own type only.
 */
export function lackingFor(role: Role, { publish, subscribe }: Permissions): string[] {
  const needs = permissionsOf(role);
  const lacking = (verb: string, grants: readonly Grant[], rules: SubjectRules | undefined): string[] =>
    grants.filter((grant) => grant.needed && !isAllowed(grant, rules)).map(({ subject }) => `${verb} ${subject}`);
  return [...lacking('publish', needs.publish, publish), ...lacking('subscribe', needs.subscribe, subscribe)];
}

/** Does this part publish or subscribe there, to do its work? */
export function needsRight(role: Role, operation: 'publish' | 'subscribe', subject: string): boolean {
  const permissions = permissionsOf(role);
  // A router sends below heddle.tasks, and never to itself.
  if (operation === 'publish' && permissions.denyPublish.some((pattern) => covers(pattern, subject))) return false;
  return permissions[operation].some((grant) => grant.needed && covers(grant.subject, subject));
}

function isAllowed({ subject, queue }: Grant, { allow, deny = [] }: SubjectRules = {}): boolean {
  // A rule may hold for one queue group only: of workers any will do, their groups have the names of their types.
  const rules = (of: readonly string[]): string[] =>
    of
      .map((rule) => rule.trim().split(/\s+/))
      .flatMap(([pattern = '', group]) => (isGroup(group, queue) ? [pattern] : []));
  const denied = rules(deny.filter((rule) => !/\s/.test(rule.trim())));
  if (denied.some((pattern) => covers(pattern, subject))) return false;
  return allow === undefined || rules(allow).some((pattern) => overlaps(pattern, subject));
}

function isGroup(group: string | undefined, queue: string | undefined): boolean {
  return group === undefined || queue === undefined || covers(group, queue);
}
