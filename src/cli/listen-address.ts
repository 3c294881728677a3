import { HeddleError } from '../errors.ts';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8087;

/** `host:port`, `:port`, `port`, `host` or `[::1]:port`; port 0 lets the kernel choose. */
export function readListenAddress(written: unknown): { host: string; port: number } {
  if (typeof written !== 'string') return { host: DEFAULT_HOST, port: DEFAULT_PORT };
  const [, ipv6, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]*))(?::(\d{1,5}))?$/.exec(written) ?? [];
  const bare = /^\d{1,5}$/.test(written);
  const chosen = bare ? written : port;
  const number = chosen === undefined ? DEFAULT_PORT : Number(chosen);
  const host = ipv6 ?? (bare || name === undefined || name === '' ? DEFAULT_HOST : name);
  if ((ipv6 === undefined && name === undefined) || number > 65_535) {
    throw new HeddleError('usage', `${JSON.stringify(written.slice(0, 100))} is no address to listen on`, {
      hint: 'Write host:port, as in 127.0.0.1:8087 or 0.0.0.0:8087.',
    });
  }
  return { host, port: number };
}
