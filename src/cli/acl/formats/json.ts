import type { Grant, RolePermissions } from '../../../contract/roles.ts';
import { userOf } from './human.ts';

/** schemas/output/acl.schema.json describes it. */
export function json(roles: readonly RolePermissions[]): string {
  const document = {
    schema_version: 1,
    roles: roles.map((role) => ({
      role: role.role,
      about: role.about,
      user: userOf(role),
      publish: { allow: role.publish.map(grant), deny: role.denyPublish },
      subscribe: { allow: role.subscribe.map(grant), deny: [] },
      allow_responses: role.answers === undefined ? null : { max: role.answers.most, expires_ms: role.answers.forMs },
    })),
  };
  return `${JSON.stringify(document)}\n`;
}

function grant({ subject, why, needed }: Grant): object {
  return { subject, why, needed };
}
