import type { AddressInfo, Server } from 'node:net';
import { HeddleError } from '../errors.ts';

/** Port 0 lets the kernel choose. A failure is told in words, with the system's own as its cause. */
export function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => {
      reject(new HeddleError('usage', `cannot serve on ${host}:${port}: ${inWords(cause)}`, { cause }));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve(server.address() as AddressInfo);
    });
  });
}

export function urlOf({ address, port }: AddressInfo, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'the port is taken';
  if (code === 'EACCES') return 'permission denied';
  return message;
}
