/** Where a server of ours listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port`, `:port` or a bare port, where `host` is what is meant when none is written; undefined for what is none of these. */
export function readListenAddress(text: string, host: string): ListenAddress | undefined {
  const parts = /^(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(parts?.[2] ?? Number.NaN);
  if (parts === null || port > 65_535) return undefined;
  return { host: (parts[1] || host).replace(/^\[(.*)\]$/, '$1'), port };
}

/** Does only this machine reach it? An IPv6 address may stand in brackets, as in a URL. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
