import { GOALS_INCOMING, TASKS_DEAD_LETTER, TASKS_INCOMING } from '../../contract/subjects.ts';
import { type Check, failed, type Outcome, passed, skipped } from '../check.ts';
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
const RIGHTS: readonly (Pick<Check, 'id' | 'title' | 'level'> & { judge: Judge; subject: string })[] = [
  {
    id: 'permissions.publish_tasks',
    title: 'tasks may be sent',
    level: 'required',
    judge: mayPublish,
    subject: TASKS_INCOMING,
  },
  {
    id: 'permissions.publish_goals',
    title: 'goals may be sent',
    level: 'advisory',
    judge: mayPublish,
    subject: GOALS_INCOMING,
  },
  {
    id: 'permissions.subscribe_results',
    title: 'results may be read',
    level: 'required',
    judge: maySubscribe,
    subject: WATCHED_RESULTS,
  },
  {
    id: 'permissions.subscribe_dead_letters',
    title: 'dead letters may be read',
    level: 'advisory',
    judge: maySubscribe,
    subject: TASKS_DEAD_LETTER,
  },
];

export const PERMISSION_CHECKS: readonly Check[] = RIGHTS.map(({ judge, subject, ...about }) => ({
  ...about,
  group: 'permissions',
  needs: ['connection.authenticated'],
  run: async (probe) => judge(await probe.rights(), subject),
}));

function denied(verb: string, user: string | undefined, subject: string): Outcome {
  return failed({
    target: subject,
    problem: `${user === undefined ? 'this user' : `user ${JSON.stringify(user)}`} may not ${verb} ${subject}`,
    hint: `Allow it in the user's permissions in the server, or connect as another user.`,
    code: 'permission_denied',
  });
}
