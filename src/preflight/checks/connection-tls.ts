import type { Check } from '../check.ts';
import { wayIn } from '../way-in.ts';

export const connectionTls: Check = {
  id: 'connection.tls',
  group: 'connection',
  title: 'both sides agree on encryption',
  level: 'required',
  needs: ['connection.speaks_nats'],
  run: (probe) =>
    wayIn(probe, 'tls', {
      passed: (trials) =>
        [
          ...new Set(
            trials.flatMap(({ joined }) =>
              joined === undefined ? [] : [joined.info.encrypted ? 'TLS' : 'plain text'],
            ),
          ),
        ].join(', '),
    }),
};
