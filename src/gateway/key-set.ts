import type { JsonWebKey } from 'node:crypto';
import { isJsonObject } from '../contract/json.ts';
import type { Clock } from '../time/clock.ts';
import { deadline } from '../time/wait.ts';
import { gatewayProblem, RETRY_AFTER_S } from './problems.ts';

/** The public keys of an issuer, as JSON Web Keys by their ids. */
export interface KeySet {
  /**
   * undefined when there is no such key, also after the set was read anew. Without an id: the key of a set that has one alone. Throws
   * `keys_unavailable`.
   */
  find(kid: string | undefined): Promise<JsonWebKey | undefined>;
}

export interface KeySetOptions {
  /** How long a set is good. */
  readonly goodMs: number;
  /** How often a minute a key that is not known makes it read again: anybody can make one up. */
  readonly perMinute: number;
}

const DEFAULTS: KeySetOptions = { goodMs: 3_600_000, perMinute: 1 };
const MINUTE_MS = 60_000;
const PATIENCE_MS = 5_000;
const MOST_BYTES = 1024 * 1024;

/** Keys that stand in a file: read with the config, and again with it. */
export function keysInFile(text: string): KeySet {
  const keys = keysIn(text);
  return { find: async (kid) => keys.get(kid ?? ALONE) };
}

/** Keys at an address, fetched when the first delivery comes. */
export function keysAt(url: string, clock: Clock, options: Partial<KeySetOptions> = {}): KeySet {
  return keysFrom(() => fetchText(url, clock), clock, options);
}

/** Keys that somebody else may replace at any time. */
export function keysFrom(read: () => Promise<string>, clock: Clock, options: Partial<KeySetOptions> = {}): KeySet {
  const { goodMs, perMinute } = { ...DEFAULTS, ...options };
  let keys: ReadonlyMap<string, JsonWebKey> | undefined;
  let readAt = 0;
  let reading: Promise<void> | undefined;
  /** When it was read in the last minute. */
  let recent: number[] = [];
  const renew = (): Promise<void> => {
    recent.push(clock.elapsed());
    reading ??= read()
      .then((text) => {
        keys = keysIn(text);
        readAt = clock.elapsed();
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const mayRenew = (): boolean => {
    const begin = clock.elapsed() - MINUTE_MS;
    recent = recent.filter((at) => at >= begin);
    return reading !== undefined || recent.length < perMinute;
  };
  return {
    async find(id) {
      const kid = id ?? ALONE;
      const isOld = keys === undefined || clock.elapsed() - readAt > goodMs;
      if (isOld || (keys?.has(kid) !== true && mayRenew())) {
        try {
          await renew();
        } catch (cause) {
          // Old keys are better than none, where they have the one that is asked for.
          if (keys?.has(kid) !== true) {
            throw gatewayProblem('keys_unavailable', {
              detail: 'the keys of the issuer cannot be had now',
              retryAfterS: RETRY_AFTER_S,
              cause,
            });
          }
        }
      }
      return keys?.get(kid);
    },
  };
}

/** The place of the key of a set that has one alone. No id is empty. */
const ALONE = '';

/** Throws for a text that is no set of keys. */
function keysIn(text: string): ReadonlyMap<string, JsonWebKey> {
  const read: unknown = JSON.parse(text);
  const list: unknown = isJsonObject(read) ? read.keys : undefined;
  if (!Array.isArray(list)) throw new SyntaxError('it is no set of JSON Web Keys');
  const keys = list.filter(isJsonObject);
  const [only] = keys;
  const named = keys.flatMap((key) => (typeof key.kid === 'string' ? [[key.kid, key] as const] : []));
  return new Map(keys.length === 1 && only !== undefined ? [...named, [ALONE, only]] : named);
}

async function fetchText(url: string, clock: Clock): Promise<string> {
  const patience = deadline(clock, PATIENCE_MS);
  try {
    const response = await fetch(url, { signal: patience.signal, redirect: 'error' });
    if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body) {
      bytes += part.length;
      if (bytes > MOST_BYTES) throw new Error(`${url} answered with more than ${MOST_BYTES} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts).toString();
  } finally {
    patience.clear();
  }
}
