import type { Grant, Role, RolePermissions } from '../../../contract/roles.ts';
import { VERSION } from '../../../version.ts';

/** Of the user who stands for a role. */
export function userOf({ role }: { readonly role: Role }): string {
  return `heddle-${role}`;
}

/** The variable of the server's environment that its password is taken from: a file of permissions holds no secret. */
export function passwordVariable(role: Role): string {
  return `HEDDLE_${role.toUpperCase()}_PASSWORD`;
}

/** An authorization block for the configuration of nats-server. */
export function human(roles: readonly RolePermissions[]): string {
  return [
    `# NATS users for Heddle, written by heddle-ts ${VERSION}. Put this into the configuration of nats-server, or include it there.`,
    "# The passwords come from the server's environment. What is not listed is refused.",
    'authorization {',
    '  users = [',
    ...roles.flatMap(userBlock),
    '  ]',
    '}',
    '',
  ].join('\n');
}

function userBlock(permissions: RolePermissions): string[] {
  const { role, about, publish, denyPublish, answers, subscribe } = permissions;
  return [
    `    # ${role}: ${about}`,
    '    {',
    `      user: "${userOf(permissions)}"`,
    `      password: $${passwordVariable(role)}`,
    '      permissions {',
    '        publish {',
    ...allowed(publish),
    ...(denyPublish.length === 0 ? [] : [`          deny = [${denyPublish.map((each) => `"${each}"`).join(', ')}]`]),
    '        }',
    '        subscribe {',
    ...allowed(subscribe),
    '        }',
    ...(answers === undefined
      ? []
      : [
          `        allow_responses { max: ${answers.most}, expires: "${answers.forMs / 1000}s" }  # answering those who ask (can be left out)`,
        ]),
    '      }',
    '    }',
  ];
}

function allowed(grants: readonly Grant[]): string[] {
  const width = Math.max(...grants.map(({ subject }) => subject.length)) + 2;
  const lines = grants.map(({ subject, why, needed }) => {
    const quoted = `"${subject}"`.padEnd(width);
    return `            ${quoted}  # ${why}${needed ? '' : ' (can be left out)'}`;
  });
  return ['          allow = [', ...lines, '          ]'];
}
