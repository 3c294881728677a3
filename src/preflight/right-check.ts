import { type Check, failed, type Level, passed, skipped } from './check.ts';

export function publishRight(id: string, title: string, level: Level, subject: string): Check {
  return {
    ...about(id, title, level),
    run: async (probe) => {
      const { mayPublish, user } = await probe.rights();
      const right = mayPublish(subject);
      if (right === 'yes') return passed(subject);
      if (right === 'unknown') {
        return skipped('this server does not tell (nats-server 2.10 does), and nothing is sent to try');
      }
      return denied('publish', user, subject);
    },
  };
}

export function subscribeRight(id: string, title: string, level: Level, pattern: string): Check {
  return {
    ...about(id, title, level),
    run: async (probe) => {
      const { maySubscribe, user, source } = await probe.rights();
      const right = maySubscribe(pattern);
      if (right === 'unknown') return skipped(`it was not tried to subscribe to ${pattern}`);
      if (right === 'yes') return passed(source === 'server' ? pattern : `${pattern} (tried)`);
      return denied('subscribe to', user, pattern);
    },
  };
}

function about(id: string, title: string, level: Level): Pick<Check, 'id' | 'title' | 'level' | 'group' | 'needs'> {
  return { id, title, level, group: 'permissions', needs: ['connection.authenticated'] };
}

function denied(verb: string, user: string | undefined, subject: string) {
  return failed({
    target: subject,
    problem: `${user === undefined ? 'this user' : `user ${JSON.stringify(user)}`} may not ${verb} ${subject}`,
    hint: `Allow it in the user's permissions in the server, or connect as another user.`,
    code: 'permission_denied',
  });
}
