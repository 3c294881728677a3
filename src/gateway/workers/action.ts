import { type Issue, isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import type { JsonBody } from '../../http/json-body.ts';
import type { Failure } from '../lease/retry.ts';
import { gatewayProblem } from '../problems.ts';

/** What a worker says of a task that it holds. Texts are JSON, as it was sent. */
export type Action =
  | {
      readonly kind: 'complete';
      readonly output: string;
      /** The same, as it was read. */
      readonly value: unknown;
      readonly isObject: boolean;
      readonly modelUsed: string | undefined;
      readonly tokenUsage: Readonly<Record<string, number>> | undefined;
      readonly metadata: JsonObject | undefined;
    }
  | { readonly kind: 'fail'; readonly error: string; readonly failure: Failure }
  | { readonly kind: 'release' }
  | { readonly kind: 'pause'; readonly durationMs: number; readonly checkpoint: string | undefined }
  | { readonly kind: 'checkpoint'; readonly data: string }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'progress'; readonly members: string }
  | { readonly kind: 'send_signal'; readonly runId: string | undefined; readonly name: string; readonly data: string }
  | {
      readonly kind: 'wait_signal';
      readonly runId: string | undefined;
      readonly name: string;
      readonly timeoutMs: number;
    };

/** A body of an answer: the action, and the lease that it is for when the worker names it. */
export interface Resolve {
  readonly action: Action;
  readonly leaseId: string | undefined;
}

export const ACTIONS = [
  'complete',
  'fail',
  'release',
  'pause',
  'checkpoint',
  'heartbeat',
  'progress',
  'stream',
  'send_signal',
  'wait_signal',
] as const;
type ActionName = (typeof ACTIONS)[number];

/** `permanent` is what published examples send. */
export const FAILURE_TYPES = ['retriable', 'non_retriable', 'permanent', 'retry_after'] as const;

const HOUR_MS = 3_600_000;
const LEAST_RETRY_MS = 100;
/** What of a progress goes on to whoever follows the task. */
const PROGRESS_MEMBERS = ['step', 'message', 'progress', 'data'];

/** Throws a problem with everything that is wrong. */
export function readResolve({ value, text }: JsonBody): Resolve {
  if (!isJsonObject(value)) throw invalid([{ pointer: '', problem: 'must be a JSON object' }]);
  const { action: name } = value;
  if (!isAction(name)) {
    const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 64)) : 'no text';
    throw gatewayProblem('unsupported_action', {
      detail: name === undefined ? 'the body names no action' : `the action is ${shown}, which is not possible here`,
      hint: `Possible are ${ACTIONS.join(', ')}.`,
    });
  }
  const reader = new Members(value, text);
  const action = READERS[name](reader);
  const leaseId = reader.text('lease_id');
  if (reader.issues.length > 0) throw invalid(reader.issues);
  return { action, leaseId };
}

const READERS: Readonly<Record<ActionName, (of: Members) => Action>> = {
  complete: (of) => ({
    kind: 'complete',
    output: of.raw('output') ?? 'null',
    value: of.value.output ?? null,
    isObject: of.value.output === undefined || of.value.output === null || isJsonObject(of.value.output),
    modelUsed: of.text('model_used'),
    tokenUsage: of.object('token_usage') as Record<string, number> | undefined,
    metadata: of.object('metadata'),
  }),
  fail: (of) => ({ kind: 'fail', error: of.text('error') ?? 'the worker said no reason', failure: of.failure() }),
  release: () => ({ kind: 'release' }),
  pause: (of) => ({ kind: 'pause', durationMs: of.ms('duration_ms', 1), checkpoint: of.raw('checkpoint') }),
  checkpoint: (of) => ({ kind: 'checkpoint', data: of.raw('data') ?? of.raw('checkpoint') ?? of.missing('data') }),
  heartbeat: () => ({ kind: 'heartbeat' }),
  progress: progress,
  stream: progress,
  send_signal: (of) => ({ kind: 'send_signal', ...of.signal(), data: of.raw('data') ?? 'null' }),
  wait_signal: (of) => ({ kind: 'wait_signal', ...of.signal(), timeoutMs: of.ms('timeout_ms', 1) }),
};

function progress(of: Members): Action {
  const members = PROGRESS_MEMBERS.flatMap((key) => {
    const raw = of.raw(key);
    return raw === undefined ? [] : [`,"${key}":${raw}`];
  });
  return { kind: 'progress', members: members.join('') };
}

/** The members of a body, read one by one; what is wrong is collected. */
class Members {
  readonly value: JsonObject;
  readonly issues: Issue[] = [];
  readonly #text: string;

  constructor(value: JsonObject, text: string) {
    this.value = value;
    this.#text = text;
  }

  raw(key: string): string | undefined {
    return this.value[key] === undefined ? undefined : rawValue(this.#text, key);
  }

  missing(key: string): string {
    this.issues.push({ pointer: `/${key}`, problem: 'is missing' });
    return 'null';
  }

  text(key: string): string | undefined {
    const given = this.value[key];
    if (given === undefined || given === null) return undefined;
    if (typeof given === 'string') return given;
    this.issues.push({ pointer: `/${key}`, problem: 'must be text' });
    return undefined;
  }

  object(key: string): JsonObject | undefined {
    const given = this.value[key];
    if (given === undefined || given === null) return undefined;
    if (isJsonObject(given)) return given;
    this.issues.push({ pointer: `/${key}`, problem: 'must be an object' });
    return undefined;
  }

  ms(key: string, least: number): number {
    const given = this.value[key];
    if (typeof given === 'number' && Number.isSafeInteger(given) && given >= least && given <= HOUR_MS) return given;
    this.issues.push({ pointer: `/${key}`, problem: `must be a whole number from ${least} to ${HOUR_MS}` });
    return least;
  }

  failure(): Failure {
    const given = this.value.failure_type;
    const type = given === undefined || given === null || given === '' ? 'retriable' : given;
    if (type === 'retry_after') return { kind: 'retry_after', afterMs: this.ms('retry_after_ms', LEAST_RETRY_MS) };
    if (type === 'non_retriable' || type === 'permanent') return { kind: 'non_retriable' };
    if (type !== 'retriable') {
      this.issues.push({ pointer: '/failure_type', problem: `must be one of ${FAILURE_TYPES.join(', ')}` });
    }
    return { kind: 'retriable' };
  }

  signal(): { readonly runId: string | undefined; readonly name: string } {
    const name = this.text('name');
    if (name === undefined || name === '' || name.length > 256) {
      this.issues.push({ pointer: '/name', problem: 'must be a text of 1 to 256 characters' });
    }
    return { runId: this.text('run_id'), name: name ?? '' };
  }
}

function isAction(name: unknown): name is ActionName {
  return typeof name === 'string' && (ACTIONS as readonly string[]).includes(name);
}

function invalid(errors: readonly Issue[]) {
  return gatewayProblem('invalid_action', { detail: 'the answer cannot be used', errors });
}
