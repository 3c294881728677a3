import { HeddleError } from '../../errors.ts';
import { quoted } from '../screen/disarm.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port`, `:port` or a bare port; a flag without a value (true) means `fallback`. Port 0: the kernel chooses. */
export function parseListenAddress(value: unknown, flag: string, fallback: string): ListenAddress {
  const text = typeof value === 'string' ? value.trim() : fallback;
  const [defaultHost = '127.0.0.1'] = /^\[.*\]|^[^:]*/.exec(fallback) ?? [];
  const parts = /^(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(parts?.[2] ?? Number.NaN);
  if (parts === null || port > 65_535) {
    throw new HeddleError('usage', `${flag}: ${quoted(text)} is no address to listen on`, {
      hint: `Write host:port or a port, for example ${fallback}.`,
    });
  }
  const host = (parts[1] || defaultHost).replace(/^\[(.*)\]$/, '$1');
  return { host, port };
}
