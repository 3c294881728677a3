import { type Clock, systemClock } from '../time/clock.ts';

export type Fetched =
  | { readonly ok: true; readonly status: number; readonly text: string }
  | { readonly ok: false; readonly reason: string };

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** A map of 65,536 connections is about this much text. */
const MOST_BYTES = 64 * 1024 * 1024;

/** One GET, bounded in time and size; follows no redirect. Node's own `fetch` takes longer to load than this to answer. */
export async function fetchText(
  url: URL,
  timeoutMs: number,
  { signal, clock = systemClock }: FetchOptions = {},
): Promise<Fetched> {
  const { request: open } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  return await new Promise((resolve) => {
    const request = open(url, {
      headers: { accept: 'application/json' },
      agent: false,
    });
    const end = (result: Fetched): void => {
      clock.cancel(timer);
      signal?.removeEventListener('abort', onAbort);
      request.destroy();
      resolve(result);
    };
    const onAbort = (): void => end({ ok: false, reason: 'interrupted' });
    const timer = clock.after(timeoutMs, () => end({ ok: false, reason: `no answer in ${Math.round(timeoutMs)} ms` }));
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    request.on('error', (error: NodeJS.ErrnoException) => end({ ok: false, reason: inWords(error) }));
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > MOST_BYTES) end({ ok: false, reason: 'the answer is larger than 64 MiB' });
      });
      response.on('end', () => {
        end({ ok: true, status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') });
      });
      response.on('error', (error: NodeJS.ErrnoException) => end({ ok: false, reason: inWords(error) }));
    });
    request.end();
  });
}

function inWords(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name does not resolve';
    case 'ECONNRESET':
      return 'the connection was cut';
    default:
      return error.message === '' ? (error.code ?? 'unknown failure') : error.message;
  }
}
