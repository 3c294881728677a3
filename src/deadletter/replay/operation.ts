import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { HeddleError, isHeddleError } from '../../errors.ts';
import type { Bucket } from '../../store/bucket.ts';
import { fateOf, type ProcessName } from '../../store/directory/processes.ts';

/**
 * `running`: somebody runs it, or died over it. `aborting`: somebody asked it to end. `stopped`: it ended before all was done, and may be
 * resumed. `aborted`: it is not to be resumed by mistake, and can be all the same.
 */
export const OPERATION_STATES = ['running', 'aborting', 'stopped', 'aborted', 'done'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** One replay, as it stands beside the letters. */
export interface Operation {
  readonly id: string;
  /** Who began it, as the system calls them. */
  readonly actor: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly state: OperationState;
  /** Letters that were selected, once and for all. */
  readonly count: number;
  /** How many parts the selection is kept in. */
  readonly chunks: number;
  /** How the work is sent, as it was asked for: a resumption sends the rest the same way. */
  readonly how: JsonObject;
  readonly owner: ProcessName;
  /** When its owner last said that it lives. */
  readonly beatAt: number;
}

const OPERATIONS = 'o';
const SELECTIONS = 's';

export function operationKey(id: string): string {
  return `${OPERATIONS}.${id}`;
}

export function chunkKey(id: string, chunk: number): string {
  return `${SELECTIONS}.${id}.${chunk}`;
}

export function operationText(operation: Operation): string {
  return JSON.stringify(operation);
}

export async function readOperation(journal: Bucket, id: string): Promise<{ operation: Operation; revision: number }> {
  const entry = /^[a-z0-9-]{1,40}$/.test(id) ? await journal.get(operationKey(id)).catch(unlessAbsent) : undefined;
  const operation = entry && operationIn(entry.value);
  if (entry === undefined || operation === undefined) {
    throw new HeddleError('no_match', `there is no replay ${JSON.stringify(id.slice(0, 100))} in the journal`);
  }
  return { operation, revision: entry.revision };
}

/** All of them, the latest first. */
export async function readOperations(journal: Bucket): Promise<readonly Operation[]> {
  const found: Operation[] = [];
  try {
    for await (const change of journal.watch({ pattern: `${OPERATIONS}.*` })) {
      if (change.kind === 'current') break;
      const operation = change.kind === 'put' ? operationIn(change.value) : undefined;
      if (operation !== undefined) found.push(operation);
    }
  } catch (error) {
    unlessAbsent(error);
  }
  return found.sort((a, b) => b.startedAt - a.startedAt);
}

/** An owner of whom nothing can be known but this counts as dead when it was silent for so long. */
const SILENT_MS = 15_000;
export const BEAT_MS = 2000;

export async function isRunning({ state, owner, beatAt }: Operation, now: number): Promise<boolean> {
  if (state !== 'running' && state !== 'aborting') return false;
  const fate = await fateOf(owner);
  return fate === 'unknown' ? now - beatAt < SILENT_MS : fate === 'alive';
}

/** Ids of those that somebody runs now. */
export async function runningOf(operations: readonly Operation[], now: number): Promise<ReadonlySet<string>> {
  const running = new Set<string>();
  for (const operation of operations) if (await isRunning(operation, now)) running.add(operation.id);
  return running;
}

function unlessAbsent(error: unknown): undefined {
  if (isHeddleError(error) && error.code === 'no_match') return undefined;
  throw error;
}

function operationIn(value: Uint8Array): Operation | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(value).toString());
  } catch {
    return undefined;
  }
  return isOperation(read) ? read : undefined;
}

function isOperation(value: unknown): value is Operation {
  if (!isJsonObject(value)) return false;
  const { id, actor, startedAt, state, count, chunks, how, owner, beatAt } = value;
  return (
    [id, actor].every((each) => typeof each === 'string') &&
    [startedAt, count, chunks, beatAt].every((each) => typeof each === 'number') &&
    OPERATION_STATES.some((each) => each === state) &&
    isJsonObject(how) &&
    isJsonObject(owner) &&
    typeof owner.pid === 'number' &&
    typeof owner.realm === 'string'
  );
}
