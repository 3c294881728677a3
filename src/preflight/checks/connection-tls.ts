import type { Check, Finding } from '../check.ts';
import type { ServerTrial } from '../server-trials.ts';
import { wayIn } from '../way-in.ts';

const SOON_MS = 14 * 24 * 3600 * 1000;

export const connectionTls: Check = {
  id: 'connection.tls',
  group: 'connection',
  title: 'both sides agree on encryption',
  level: 'required',
  needs: ['connection.speaks_nats'],
  run: (probe) =>
    wayIn(probe, 'tls', {
      passed: (trials) => [...new Set(trials.map(inWords))].join('; '),
      besides: (trials) => trials.flatMap((trial) => endsSoon(trial, probe.clock.now())),
    }),
};

function inWords({ joined, tls }: ServerTrial): string {
  if (joined?.info.encrypted !== true) return 'plain text, as both sides want it';
  const until = tls?.handshake?.certificate.validTo.slice(0, 10);
  return [tls?.handshake?.protocol ?? 'TLS', until === undefined ? '' : `certificate valid until ${until}`]
    .filter(Boolean)
    .join(', ');
}

function endsSoon({ server, tls }: ServerTrial, now: number): Finding[] {
  const validTo = tls?.handshake?.certificate.validTo ?? '';
  const ends = Date.parse(validTo);
  if (Number.isNaN(ends) || ends < now || ends - now > SOON_MS) return [];
  return [
    {
      target: server.label,
      problem: `the certificate of ${server.label} ends on ${validTo.slice(0, 10)}, in ${Math.floor((ends - now) / 86_400_000)} days`,
      hint: 'Renew it before: from then on nobody gets in.',
      level: 'advisory',
    },
  ];
}
