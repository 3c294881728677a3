import { ROLES, type Role } from '../../contract/roles.ts';
import { GOALS_INCOMING, TASKS_DEAD_LETTER, TASKS_INCOMING } from '../../contract/subjects.ts';
import { type Check, type Finding, failed, type Outcome, passed, skipped, verdictOn } from '../check.ts';
import { lackingFor, needsRight } from '../role-rights.ts';
import { type UserRights, WATCHED_RESULTS } from '../user-rights.ts';

type Judge = (rights: UserRights, subject: string) => Outcome;

const mayPublish: Judge = ({ mayPublish, user, untold }, subject) => {
  const right = mayPublish(subject);
  if (right === 'yes') return passed(subject);
  if (right === 'no') return denied('publish', user, subject);
  return skipped(`${untold}, and nothing is sent to try`);
};

const maySubscribe: Judge = ({ maySubscribe, user, source }, pattern) => {
  const right = maySubscribe(pattern);
  if (right === 'yes') return passed(source === 'server' ? pattern : `${pattern} (tried)`);
  if (right === 'no') return denied('subscribe to', user, pattern);
  return skipped(`it was not tried to subscribe to ${pattern}`);
};

/** What our user must be allowed, and on which subject. */
const RIGHTS: readonly (Pick<Check, 'id' | 'title' | 'level'> & {
  operation: 'publish' | 'subscribe';
  subject: string;
})[] = [
  {
    id: 'permissions.publish_tasks',
    title: 'tasks may be sent',
    level: 'required',
    operation: 'publish',
    subject: TASKS_INCOMING,
  },
  {
    id: 'permissions.publish_goals',
    title: 'goals may be sent',
    level: 'advisory',
    operation: 'publish',
    subject: GOALS_INCOMING,
  },
  {
    id: 'permissions.subscribe_results',
    title: 'results may be read',
    level: 'required',
    operation: 'subscribe',
    subject: WATCHED_RESULTS,
  },
  {
    id: 'permissions.subscribe_dead_letters',
    title: 'dead letters may be read',
    level: 'advisory',
    operation: 'subscribe',
    subject: TASKS_DEAD_LETTER,
  },
];

const JUDGES = { publish: mayPublish, subscribe: maySubscribe };

const partOfHeddle: Check = {
  id: 'permissions.role',
  group: 'permissions',
  title: 'the user has the rights of a part of Heddle',
  level: 'required',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { permissions, untold, refused, user } = await probe.rights();
    const { roles = [] } = probe.ask;
    if (permissions === undefined) {
      return refused && roles.length > 0 ? verdictOn(roles.map((role) => unknown(role, untold))) : skipped(untold);
    }
    const lacking = new Map((roles.length > 0 ? roles : ROLES).map((role) => [role, lackingFor(role, permissions)]));
    const whole = [...lacking].filter(([, lacks]) => lacks.length === 0).map(([role]) => role);
    if (roles.length === 0) return whole.length > 0 ? passed(whole.join(', ')) : failed(noPart(user, lacking));
    const findings = [...lacking]
      .filter(([, lacks]) => lacks.length > 0)
      .map(([role, lacks]): Finding => {
        const problem = `${called(user)} cannot be a ${role}: it may not ${lacks.join(', nor ')}`;
        return { target: role, problem, remedy: { do: 'allow-role', role }, code: 'permission_denied' };
      });
    return verdictOn(findings, whole.join(', '));
  },
};

/** Somebody asked for this role, and a user whose rights are that narrow may well lack more. */
function unknown(role: Role, untold: string): Finding {
  return {
    target: role,
    problem: `whether this user can be a ${role} is not known: ${untold}`,
    remedy: { do: 'allow-role', role },
    level: 'advisory',
  };
}

/** Whoever only looks on needs to be none. */
function noPart(user: string | undefined, lacking: ReadonlyMap<Role, readonly string[]>): Finding {
  const each = [...lacking].map(([role, lacks]) => `a ${role} needs to ${lacks.join(' and ')}`);
  return {
    target: 'any',
    problem: `${called(user)} has the rights of no part of Heddle: ${each.join('; ')}`,
    remedy: { do: 'allow-role', role: undefined },
    code: 'permission_denied',
    level: 'advisory',
  };
}

const called = (user: string | undefined): string =>
  user === undefined ? 'this user' : `user ${JSON.stringify(user)}`;

export const PERMISSION_CHECKS: readonly Check[] = [
  ...RIGHTS.map(
    ({ operation, subject, ...about }): Check => ({
      ...about,
      group: 'permissions',
      needs: ['connection.authenticated'],
      applies: ({ ask: { roles = [] } }) =>
        roles.length === 0 || roles.some((role) => needsRight(role, operation, subject)),
      run: async (probe) => JUDGES[operation](await probe.rights(), subject),
    }),
  ),
  partOfHeddle,
];

function denied(verb: string, user: string | undefined, subject: string): Outcome {
  return failed({
    target: subject,
    problem: `${called(user)} may not ${verb} ${subject}`,
    hint: `Allow it in the user's permissions in the server, or connect as another user.`,
    code: 'permission_denied',
  });
}
