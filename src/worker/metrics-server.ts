import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeddleError } from '../errors.ts';

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `text()` at /metrics, for Prometheus. */
export async function serveMetrics(host: string, port: number, text: () => string): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const found = request.url === '/metrics' && (request.method === 'GET' || request.method === 'HEAD');
    response.writeHead(found ? 200 : 404, { 'content-type': `text/plain; version=0.0.4; charset=utf-8` });
    response.end(found ? text() : 'only /metrics is here\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new HeddleError('usage', `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shown = address.address.includes(':') ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
