import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '../../errors.ts';
import type { BucketLimits } from '../bucket.ts';
import type { StreamLimits } from '../stream.ts';
import { readText, replaceFile, syncFolder } from './files.ts';

/** What a folder holds, and with which limits. It stands in a file there; a folder without one holds nothing yet. */
export interface Shape<Limits> {
  readonly version: 1;
  readonly kind: 'stream' | 'bucket';
  readonly limits: Limits;
}

const FILE = 'store.json';

export async function readShape<Limits extends object>(
  folder: string,
  kind: Shape<Limits>['kind'],
  limitsOf: (value: Readonly<Record<string, unknown>>) => Limits,
): Promise<Limits | undefined> {
  const path = join(folder, FILE);
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isShape(value) && value.version === 1 && value.kind === kind) return limitsOf(value.limits);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new HeddleError('store_failed', `${path} does not say that a ${kind} of heddle-ts is kept there`, {
    hint: 'It may be of a later version, or of something else.',
    retryable: false,
  });
}

export async function writeShape<Limits>(folder: string, kind: Shape<Limits>['kind'], limits: Limits): Promise<void> {
  const shape: Shape<Limits> = { version: 1, kind, limits };
  await replaceFile(join(folder, FILE), (file) => file.writeFile(`${JSON.stringify(shape)}\n`));
}

export async function removeShape(folder: string): Promise<void> {
  await rm(join(folder, FILE), { force: true });
  await syncFolder(folder);
}

export function streamLimitsIn(value: Readonly<Record<string, unknown>>): StreamLimits {
  const { subjects } = value;
  return {
    subjects: Array.isArray(subjects) ? subjects.filter((each) => typeof each === 'string') : undefined,
    maxMessages: numberIn(value.maxMessages),
    maxBytes: numberIn(value.maxBytes),
    maxAgeMs: numberIn(value.maxAgeMs),
    dedupeMs: numberIn(value.dedupeMs),
  };
}

export function bucketLimitsIn(value: Readonly<Record<string, unknown>>): BucketLimits {
  return {
    ttlMs: numberIn(value.ttlMs),
    maxValueBytes: numberIn(value.maxValueBytes),
    maxBytes: numberIn(value.maxBytes),
  };
}

/** What is no number is no limit. */
function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isShape(
  value: unknown,
): value is { version: unknown; kind: unknown; limits: Readonly<Record<string, unknown>> } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    'kind' in value &&
    'limits' in value &&
    typeof value.limits === 'object' &&
    value.limits !== null
  );
}
