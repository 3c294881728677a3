import { type Advice, adviceOf } from '../../remedy.ts';
import type { Check, Finding } from '../check.ts';
import type { ServerTrial } from '../server-trials.ts';
import { wayIn } from '../way-in.ts';

export const connectionReachable: Check = {
  id: 'connection.reachable',
  group: 'connection',
  title: 'the server can be reached',
  level: 'required',
  needs: ['connection.resolves'],
  run: (probe) =>
    wayIn(probe, 'reachable', {
      passed: (trials) => trials.map(({ server, reach }) => inWords(server.port, reach)).join('; '),
      failed: (error, { server }) => {
        const refused = error.code === 'connection_refused';
        const otherwise: Advice = refused ? { remedy: { do: 'name-server' } } : adviceOf(error);
        return {
          problem: refused
            ? `cannot connect to NATS at ${server.label}: connection refused`
            : `cannot connect to NATS: ${error.message}`,
          remedy: { do: 'any-of', advice: [{ remedy: { do: 'look-for-server' } }, otherwise] },
        };
      },
      besides: (trials) => trials.flatMap(deadAddresses),
    }),
};

function inWords(port: number, reach: ServerTrial['reach']): string {
  const shown = reach.map(
    ({ address, ok, problem }) =>
      `${address.includes(':') ? `[${address}]` : address}:${port}${ok ? '' : ` (${whyNot(problem)})`}`,
  );
  return shown.join(', ');
}

/** One address of a name that is dead costs every client that draws it a timeout; `localhost` on one family is normal. */
function deadAddresses({ server, reach }: ServerTrial): Finding[] {
  return reach
    .filter(({ ok, address }) => !ok && address !== '::1' && !address.startsWith('127.'))
    .map(({ address, problem }) => ({
      target: address,
      problem: `${server.host} resolves to ${address} too, which cannot be reached: ${whyNot(problem)}`,
      hint: 'Clients that draw this address wait before they try another. Take it out of the name service, or start the server there.',
      level: 'advisory',
    }));
}

function whyNot(problem: string | undefined): string {
  if (problem === 'ECONNREFUSED') return 'connection refused';
  return problem === 'timeout' || problem === undefined ? 'no answer' : problem;
}
