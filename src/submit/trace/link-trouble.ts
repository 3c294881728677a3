import type { Link } from '../../delivery/link.ts';
import type { Clock } from '../../time/clock.ts';
import { within } from '../../time/wait.ts';
import type { Transport } from '../../transport/transport.ts';
import type { MissingHop } from './timeline.ts';

/** A server that is there answers a ping in a round trip. */
const PATIENCE_MS = 1000;

/** While we cannot hear the bus, nothing can be said of anybody on it. undefined: the connection is alive. */
export async function linkTrouble(transport: Transport, link: Link, clock: Clock): Promise<MissingHop | undefined> {
  const { url } = transport;
  if (!link.up) {
    return trouble(
      `the connection to ${url} was lost, and is not back`,
      'Whether an answer came meanwhile is not known.',
    );
  }
  const pong = transport.rtt();
  pong.catch(() => {});
  if (
    await within(
      clock,
      pong.catch(() => NEVER),
      PATIENCE_MS,
    )
  )
    return undefined;
  return trouble(
    `${url} does not answer any more: no pong within ${PATIENCE_MS / 1000} s`,
    'The server is stopped or overloaded, or the network to it was cut; whether an answer came meanwhile is not known.',
  );
}

function trouble(problem: string, hint: string): MissingHop {
  return { hop: 'connection', problem, evidence: [], hint, remedy: { do: 'check-server' }, final: false };
}

const NEVER = new Promise<never>(() => {});
