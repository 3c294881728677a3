import type { JsonWebKey } from 'node:crypto';
import { isJsonObject } from '../../contract/json.ts';
import type { Clock } from '../../time/clock.ts';
import { deadline } from '../../time/wait.ts';
import { gatewayProblem, RETRY_AFTER_S } from '../problems.ts';
import type { KeySet } from './scheme.ts';

/** A set is good for this long; an unknown key makes it older, but not more often than this. */
const GOOD_MS = 3_600_000;
const AGAIN_MS = 60_000;
const PATIENCE_MS = 5_000;
const MOST_BYTES = 1024 * 1024;

/** Keys that stand in a file: read with the config, and again with it. */
export function keysInFile(text: string): KeySet {
  const keys = keysIn(text);
  return { find: async (kid) => keys.get(kid) };
}

/** Keys at an address, fetched when the first delivery comes. */
export function keysAt(url: string, clock: Clock): KeySet {
  let keys: ReadonlyMap<string, JsonWebKey> | undefined;
  let fetchedAt = 0;
  let fetching: Promise<void> | undefined;
  const renew = (): Promise<void> => {
    fetching ??= fetchText(url, clock)
      .then((text) => {
        keys = keysIn(text);
        fetchedAt = clock.elapsed();
      })
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  };
  return {
    async find(kid) {
      const age = clock.elapsed() - fetchedAt;
      if (keys === undefined || age > GOOD_MS || (!keys.has(kid) && age > AGAIN_MS)) {
        try {
          await renew();
        } catch (cause) {
          // Old keys are better than none, where they have the one that is asked for.
          if (keys?.has(kid) !== true) {
            throw gatewayProblem('keys_unavailable', {
              detail: 'the keys that the delivery is signed with cannot be had now',
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

/** Throws for a text that is no set of keys. */
function keysIn(text: string): ReadonlyMap<string, JsonWebKey> {
  const read: unknown = JSON.parse(text);
  const list: unknown = isJsonObject(read) ? read.keys : undefined;
  if (!Array.isArray(list)) throw new SyntaxError('it is no set of JSON Web Keys');
  return new Map(
    list.flatMap((key: unknown) => (isJsonObject(key) && typeof key.kid === 'string' ? [[key.kid, key]] : [])),
  );
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
