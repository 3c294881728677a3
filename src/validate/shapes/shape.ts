import type { MapNode } from '../../config/node.ts';
import { MODEL_TIERS } from '../../contract/messages.ts';
import type { Place } from '../finding.ts';

/** What a value must be. The words follow what Heddle's code asks, null and truth values included. */
export type Spec =
  | { readonly is: 'any' }
  | { readonly is: 'text' }
  | { readonly is: 'truth' }
  /** The one truth value `true`. */
  | { readonly is: 'true' }
  /** A number greater than 0; NaN and infinity pass, as they do in Heddle. */
  | { readonly is: 'positive' }
  | { readonly is: 'integer'; readonly min: number }
  /** `hashes`: Heddle looks the value up in a set, so a list or a mapping there ends it with a traceback. */
  | { readonly is: 'choice'; readonly of: readonly string[]; readonly hashes?: boolean }
  | { readonly is: 'list'; readonly item?: Spec; readonly min?: number }
  | { readonly is: 'map'; readonly shape?: Shape; readonly values?: Spec; readonly keys?: readonly string[] }
  /** A mapping whose shape hangs on the value of one of its keys. */
  | { readonly is: 'one-of'; readonly by: string; readonly shapes: Readonly<Record<string, Shape>> }
  | { readonly is: 'json-schema' };

export interface Field {
  readonly key: string;
  readonly spec: Spec;
  readonly required?: boolean | ((map: MapNode) => boolean);
  /** null counts as absent. */
  readonly nullable?: boolean;
  /** null counts as absent, and absent is an error. */
  readonly nullIsMissing?: boolean;
  /** Looked at only then. */
  readonly when?: (map: MapNode) => boolean;
  /** When Heddle alone misses the key, and the config works without it. */
  readonly heddleOnlyMissing?: (map: MapNode) => boolean;
  /** Heddle's validate does not look at this one; its runtime does. */
  readonly silent?: boolean;
}

export interface Shape {
  /** In the order of Heddle's own messages. */
  readonly fields: readonly Field[];
  /** Keys that something reads and nothing checks. */
  readonly also: readonly string[];
  /** Words that people write for a key, and the key. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** One difference between a config and its shape. */
export interface Mismatch {
  readonly what: 'missing-key' | 'wrong-type' | 'bad-value';
  readonly at: Place;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Where Heddle's validate reports it; undefined where it is silent. */
  readonly key?: string | undefined;
  readonly crash?: boolean | undefined;
  readonly heddleOnly?: boolean | undefined;
}

export type Add = (mismatch: Mismatch) => void;

/** What Heddle takes for the `type` of a schema: JSON Schema's types without "null". */
export const SCHEMA_TYPES = ['object', 'string', 'integer', 'number', 'boolean', 'array'] as const;

export const any: Spec = { is: 'any' };
export const text: Spec = { is: 'text' };
export const truth: Spec = { is: 'truth' };
export const positive: Spec = { is: 'positive' };
export const tier: Spec = { is: 'choice', of: MODEL_TIERS, hashes: true };
export const integer = (min: number): Spec => ({ is: 'integer', min });
export const listOf = (item: Spec, min?: number): Spec =>
  min === undefined ? { is: 'list', item } : { is: 'list', item, min };
export const mapOf = (shape: Shape): Spec => ({ is: 'map', shape });

const known = new WeakMap<Shape, ReadonlyMap<string, Spec | undefined>>();

/** Every key of a shape, with what its value must be where that is said. */
export function knownKeys(shape: Shape): ReadonlyMap<string, Spec | undefined> {
  let keys = known.get(shape);
  if (keys === undefined) {
    const all = new Map<string, Spec | undefined>(shape.also.map((key) => [key, undefined]));
    for (const { key, spec } of shape.fields) all.set(key, spec);
    keys = all;
    known.set(shape, keys);
  }
  return keys;
}
