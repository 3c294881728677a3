import type { RolePermissions } from '../../../contract/roles.ts';
import type { Formats } from '../../output-format.ts';

/** The whole answer as text, its last line ended. */
export type AclWriter = (roles: readonly RolePermissions[]) => string;

export const FORMATS = {
  human: async () => (await import('./human.ts')).human,
  json: async () => (await import('./json.ts')).json,
  nsc: async () => (await import('./nsc.ts')).nsc,
} satisfies Formats<AclWriter>;
