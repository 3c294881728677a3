import { isLoopback, type ListenAddress, readListenAddress } from '../../config/listen.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Session } from '../session.ts';
import type { Parse } from './flag.ts';

/** `host:port`, `[::1]:port`, `:port` or a bare port, for what listens at `fallback` else. Port 0: the kernel chooses. */
export function listenAddress(fallback: ListenAddress): Parse<ListenAddress> {
  return (text, flag) => parseListenAddress(text, flag, fallback);
}

/** What keeps a server of ours from listening there, with the flag that chooses another place. */
export function namingListener(flag: string, { host }: ListenAddress, thrown: unknown): unknown {
  if (!isHeddleError(thrown) || thrown.code !== 'usage') return thrown;
  const free = `${host.includes(':') ? `[${host}]` : host}:0`;
  return new HeddleError('usage', `${flag}: ${thrown.message}`, {
    hint: `If another program has the port, perhaps another run of this one: name another port, or take a free one with ${flag} ${free}.`,
    cause: thrown,
  });
}

/** Said once, where something is served to more than this machine and asks nobody who he is. */
export function warnExposed(session: Session, host: string, what: string, remedy: string): void {
  if (isLoopback(host)) return;
  session.talk.warn(`everybody who reaches ${host} can read ${what}; ${remedy}`);
}

export function parseListenAddress(value: string, flag: string, fallback: ListenAddress): ListenAddress {
  const text = value.trim();
  const address = readListenAddress(text, fallback.host);
  if (address !== undefined) return address;
  throw new HeddleError('usage', `${flag}: ${quotedValue(text)} is no address to listen on`, {
    hint: `Write host:port or a port, for example ${fallback.host}:${fallback.port}.`,
  });
}
