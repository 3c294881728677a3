import { type ListenAddress, readListenAddress } from '../../config/listen.ts';
import { HeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Parse } from './flag.ts';

/** `host:port`, `[::1]:port`, `:port` or a bare port, for what listens at `fallback` else. Port 0: the kernel chooses. */
export function listenAddress(fallback: ListenAddress): Parse<ListenAddress> {
  return (text, flag) => parseListenAddress(text, flag, fallback);
}

export function parseListenAddress(value: string, flag: string, fallback: ListenAddress): ListenAddress {
  const text = value.trim();
  const address = readListenAddress(text, fallback.host);
  if (address !== undefined) return address;
  throw new HeddleError('usage', `${flag}: ${quotedValue(text)} is no address to listen on`, {
    hint: `Write host:port or a port, for example ${fallback.host}:${fallback.port}.`,
  });
}
