import type { RolePermissions } from '../../../contract/roles.ts';
import { userOf } from './human.ts';

/** One command of nsc's a role: it makes the user in the account that is selected there. Quoted for a POSIX shell. */
export function nsc(roles: readonly RolePermissions[]): string {
  return roles.map((role) => `${commandFor(role)}\n`).join('');
}

function commandFor(role: RolePermissions): string {
  const lists: readonly (readonly [flag: string, subjects: readonly string[]])[] = [
    ['--allow-pub', role.publish.map(({ subject }) => subject)],
    ['--deny-pub', role.denyPublish],
    ['--allow-sub', role.subscribe.map(({ subject }) => subject)],
  ];
  const flags = lists.filter(([, subjects]) => subjects.length > 0);
  return [
    `nsc add user --name ${userOf(role)}`,
    ...flags.map(([flag, subjects]) => `${flag} '${subjects.join(',')}'`),
    ...(role.answers === undefined
      ? []
      : [`--allow-pub-response=${role.answers.most} --response-ttl ${role.answers.forMs / 1000}s`]),
  ].join(' ');
}
