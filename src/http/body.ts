import type { IncomingMessage } from 'node:http';
import { type Problem, problem } from './problem.ts';
import type { RouteRequest } from './route.ts';

const JSON_TYPES = ['application/json'];

/** A route that takes a body says of which types. Nothing is unpacked: what is compressed here may be of any size. */
export function checkType(request: IncomingMessage, { types = JSON_TYPES }: RouteRequest): void {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== 'identity') {
    throw problem('unsupported_media_type', {
      detail: `the body is encoded as ${JSON.stringify(encoding)}, and only plain bodies are taken`,
      headers: { 'accept-encoding': 'identity' },
    });
  }
  if (types.includes('*/*')) return;
  const given = request.headers['content-type'];
  if (given !== undefined && types.includes(given)) return;
  const [type = '', ...parameters] = (given ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  if (types.includes(type) && (charset === undefined || charset === 'utf-8' || charset === 'utf8')) return;
  throw problem('unsupported_media_type', {
    detail: `the body is ${given === undefined ? 'of no type' : JSON.stringify(given)}, and expected is ${types.join(' or ')} in UTF-8`,
  });
}

/** A body that is on its way, of at most `most` bytes. */
export class Reading {
  readonly bytes: Promise<Buffer>;
  /** It will never be whole. */
  failed = false;
  #reject: (why: Problem) => void = nobodyWaits;

  constructor(request: IncomingMessage, most: number) {
    const parts: Buffer[] = [];
    let size = 0;
    this.bytes = new Promise<Buffer>((resolve, reject) => {
      this.#reject = reject;
      request.on('end', () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
    });
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= most) parts.push(part);
      else {
        parts.length = 0;
        if (size - part.length <= most) this.fail(tooLarge(most));
      }
    });
    request.on('close', () => {
      if (!request.readableEnded) this.fail(problem('bad_request', { detail: 'the body was broken off' }));
    });
  }

  /** Ends it before its end. */
  fail(why: Problem): void {
    this.failed = true;
    // Who asked for it may have turned to something else.
    this.bytes.catch(() => {});
    this.#reject(why);
  }
}

export function tooLarge(most: number): Problem {
  return problem('body_too_large', { detail: `the body has more than ${most} bytes` });
}

function nobodyWaits(): void {}
