import type { Check } from '../check.ts';
import { wayIn } from '../way-in.ts';

export const connectionAuthenticated: Check = {
  id: 'connection.authenticated',
  group: 'connection',
  title: 'the server lets us in',
  level: 'required',
  needs: ['connection.tls'],
  run: (probe) =>
    wayIn(probe, 'authenticated', {
      passed: (trials) => {
        const joined = trials.flatMap((trial) => (trial.joined === undefined ? [] : [trial.joined]));
        return joined
          .map(({ url, info }) => `${url}${info.authRequired ? '' : ' (asks for no credentials)'}`)
          .join(', ');
      },
    }),
};
