import { HeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Parse } from './flag.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port`, `:port` or a bare port, for what listens at `fallback` else. Port 0: the kernel chooses. */
export function listenAddress(fallback: ListenAddress): Parse<ListenAddress> {
  return (text, flag) => parseListenAddress(text, flag, fallback);
}

/** Does only this machine reach it? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

export function parseListenAddress(value: string, flag: string, fallback: ListenAddress): ListenAddress {
  const text = value.trim();
  const parts = /^(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(parts?.[2] ?? Number.NaN);
  if (parts === null || port > 65_535) {
    throw new HeddleError('usage', `${flag}: ${quotedValue(text)} is no address to listen on`, {
      hint: `Write host:port or a port, for example ${fallback.host}:${fallback.port}.`,
    });
  }
  const host = (parts[1] || fallback.host).replace(/^\[(.*)\]$/, '$1');
  return { host, port };
}
